/** A client for tests: sends requests, waits for their replies, shows them decoded or byte by byte. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { type ReplyChecker, replyChecker } from "./reply-checker.ts";
import { type Decoded, decodeReply, Push } from "./resp-decoder.ts";

/** What a request is made of: text, or bytes. */
export type Argument = string | number | Buffer;

/** The bytes of a request. */
export function encodeRequest(args: readonly Argument[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = Buffer.isBuffer(arg) ? arg : Buffer.from(String(arg), "utf8");
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n"));
  }
  return Buffer.concat(parts);
}

/** A reply both ways. */
export interface Received {
  readonly value: Decoded;
  readonly bytes: Buffer;
}

export class TestClient {
  readonly #socket: Socket;
  #input = Buffer.alloc(0);
  readonly #waiting: Array<{ resolve: (received: Received) => void; reject: (error: Error) => void }> = [];
  /** Pushes that came in, in order. */
  readonly pushes: Received[] = [];
  isClosed = false;
  /** Throws for a reply that is not as commands.json declares it. */
  readonly #check: ReplyChecker = replyChecker();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#received(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => this.#closed());
  }

  /** Connects to a port, or to the path of a socket. */
  static async connect(target: number | string, host = "127.0.0.1"): Promise<TestClient> {
    const socket =
      typeof target === "string" ? connect({ path: target }) : connect({ port: target, host, noDelay: true });
    await once(socket, "connect");
    return new TestClient(socket);
  }

  /** Connects to the path of a socket as soon as a server listens there: the file is there a moment before that. */
  static async connectWhenServed(path: string, timeoutMs = 20_000): Promise<TestClient> {
    const untilMs = performance.now() + timeoutMs;
    for (;;) {
      try {
        return await TestClient.connect(path);
      } catch (error) {
        if (performance.now() > untilMs) throw error;
        await setTimeout(10);
      }
    }
  }

  /** The decoded reply to a request. */
  async call(...args: readonly Argument[]): Promise<Decoded> {
    return (await this.exchange(...args)).value;
  }

  /** The reply to a request. */
  async exchange(...args: readonly Argument[]): Promise<Received> {
    const received = this.next();
    this.write(encodeRequest(args));
    const reply = await received;
    this.#check(args, reply.value);
    return reply;
  }

  /** The replies to requests written at once. */
  async pipeline(requests: ReadonlyArray<readonly Argument[]>): Promise<Received[]> {
    const waiting = requests.map(() => this.next());
    this.write(Buffer.concat(requests.map(encodeRequest)));
    const replies = await Promise.all(waiting);
    for (const [index, reply] of replies.entries()) this.#check(requests[index] ?? [], reply.value);
    return replies;
  }

  write(bytes: Buffer | string): void {
    this.#socket.write(bytes);
  }

  /** Stops reading, until `resume`. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** The next reply that comes in. @throws Error when the connection closes first */
  next(): Promise<Received> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) reject(new Error("the connection is closed"));
      else this.#waiting.push({ resolve, reject });
    });
  }

  /** Bytes that came in and are no whole reply. */
  get rest(): Buffer {
    return this.#input;
  }

  /** Resolves when the server has closed the connection. */
  async closed(): Promise<void> {
    if (this.isClosed) return;
    // A connection that is reset is closed too, and that is all that is asked here: `once` would throw.
    await new Promise((resolve) => this.#socket.once("close", resolve));
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.#socket.end();
    await this.closed();
  }

  #received(chunk: Buffer): void {
    this.#input = Buffer.concat([this.#input, chunk]);
    for (;;) {
      const parsed = decodeReply(this.#input);
      if (parsed === undefined) return;
      const received = { value: parsed.value, bytes: this.#input.subarray(0, parsed.end) };
      this.#input = this.#input.subarray(parsed.end);
      if (parsed.value instanceof Push) this.pushes.push(received);
      else this.#waiting.shift()?.resolve(received);
    }
  }

  #closed(): void {
    this.isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new Error("the connection was closed"));
  }
}
