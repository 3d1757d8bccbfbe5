/**
 * One client connection: bytes in, requests out to the executor; replies in, bytes out. Reading stops while
 * the client does not take its replies, so that what a connection holds in memory is bounded.
 */
import type { Socket } from "node:net";
import type { Session } from "../commands/session.ts";
import { ProtocolError } from "../protocol/protocol-error.ts";
import { NONE, type Reply } from "../protocol/reply.ts";
import type { ReplyWriter } from "../protocol/reply-writer.ts";
import type { RequestDecoder } from "../protocol/request-decoder.ts";
import type { Endpoint, Executor, OutgoingReply } from "../server/executor.ts";

/** Bytes that may wait for a slow reader before its requests wait too. */
const UNSENT_BYTES_MAX = 1 << 20;

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly session: Session;
  readonly executor: Executor;
  readonly decoder: RequestDecoder;
  /** Shared by all connections: each writes and takes in one go. */
  readonly writer: ReplyWriter;
  /** Told once, when the connection is gone. */
  readonly onClosed: () => void;
}

export class Connection implements Endpoint {
  readonly session: Session;
  readonly #socket: Socket;
  readonly #executor: Executor;
  readonly #decoder: RequestDecoder;
  readonly #writer: ReplyWriter;
  #isClosed = false;
  /** The protocol error that ends the connection, sent after the replies before it. */
  #lastWords: Reply = NONE;

  constructor(options: ConnectionOptions) {
    this.session = options.session;
    this.#socket = options.socket;
    this.#executor = options.executor;
    this.#decoder = options.decoder;
    this.#writer = options.writer;
    const { socket } = options;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#decoder.push(chunk);
      this.#executor.wake(this);
    });
    socket.on("drain", () => {
      socket.resume();
      this.#executor.wake(this);
    });
    // An error is always followed by "close"; what it was does not matter to anybody.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#closed(options.onClosed));
  }

  nextRequest(): readonly Buffer[] | undefined {
    if (this.#isClosed || this.#socket.writableLength > UNSENT_BYTES_MAX) return undefined;
    try {
      return this.#decoder.next();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.session.isClosing = true;
      this.#lastWords = error.reply;
      return undefined;
    }
  }

  send(replies: readonly OutgoingReply[]): void {
    if (this.#isClosed) return;
    for (const { reply, protocol } of replies) this.#writer.write(reply, protocol);
    this.#writer.write(this.#lastWords, 2);
    for (const chunk of this.#writer.take()) this.#socket.write(chunk);
    if (this.session.isClosing) this.#socket.end();
    else if (this.#socket.writableLength > UNSENT_BYTES_MAX) this.#socket.pause();
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  #closed(onClosed: () => void): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#executor.forget(this);
    onClosed();
  }
}
