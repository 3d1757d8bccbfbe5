/** A connection to a server for a person: requests one after the other, replies with their types. */
import type { Socket } from "node:net";
import { openConnection, RemoteError, requestBytes } from "./remote.ts";
import { ReplyFormatError, ReplyReader, type TypedReply } from "./reply-reader.ts";

export class Conversation {
  /** Host and port. */
  readonly name: string;
  readonly #socket: Socket;
  readonly #reader = new ReplyReader();
  readonly #chunks: AsyncIterator<Buffer>;
  #isClosed = false;

  private constructor(socket: Socket, name: string) {
    this.#socket = socket;
    this.name = name;
    this.#chunks = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    socket.on("close", () => {
      this.#isClosed = true;
    });
  }

  /** @param url as for `openConnection`. @throws RemoteError */
  static async open(url: string): Promise<Conversation> {
    const { socket, name, greeting } = await openConnection(url);
    const conversation = new Conversation(socket, name);
    for (const request of greeting) {
      const reply = await conversation.ask(request.map((word) => Buffer.from(word)));
      if (reply === undefined) throw new RemoteError(`${name} has closed the connection`);
      if (reply.kind !== "error") continue;
      conversation.close();
      throw new RemoteError(reply.text);
    }
    return conversation;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sends a request; resolves to its reply, to undefined when the server closes the connection. @throws RemoteError */
  async ask(words: readonly Buffer[]): Promise<TypedReply | undefined> {
    this.#socket.write(requestBytes(words));
    return await this.#next();
  }

  /** What arrives without being asked for, until the connection closes. */
  async *more(): AsyncGenerator<TypedReply> {
    for (let reply = await this.#next(); reply !== undefined; reply = await this.#next()) yield reply;
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  async #next(): Promise<TypedReply | undefined> {
    try {
      for (;;) {
        const reply = this.#reader.next();
        if (reply !== undefined) return reply;
        const { done, value } = await this.#chunks.next();
        if (done === true) {
          this.close();
          return undefined;
        }
        this.#reader.push(value);
      }
    } catch (error) {
      const isOurs = this.#isClosed;
      this.close();
      if (isOurs) return undefined;
      if (error instanceof ReplyFormatError)
        throw new RemoteError(`${this.name} does not answer in RESP2: ${error.message}`);
      throw new RemoteError(`${this.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
