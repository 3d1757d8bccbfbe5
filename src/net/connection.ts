/**
 * One client connection: bytes in, requests out to the executor; replies in, bytes out.
 *
 * What a connection holds in memory is bounded from both sides. Reading stops while the client does not take its
 * replies, and while whole requests wait for their turn. A client that closes its side still gets the replies to what
 * it has sent; one that we close has its rest of input read and dropped for a moment, because closing a socket with
 * unread input makes the system throw away replies that are on their way.
 */
import type { Socket } from "node:net";
import { isSubscriber, type Session } from "../clients/session.ts";
import type { SessionConnection } from "../clients/session-list.ts";
import type { Users } from "../clients/users/users.ts";
import type { Config } from "../config/config.ts";
import type { Statistics } from "../metrics/statistics.ts";
import { ProtocolError } from "../protocol/protocol-error.ts";
import { NONE, type OutgoingReply, type Reply } from "../protocol/reply.ts";
import type { ReplyWriter } from "../protocol/reply-writer.ts";
import type { RequestDecoder } from "../protocol/request-decoder.ts";
import type { Endpoint } from "../server/endpoint.ts";
import type { Executor } from "../server/executor.ts";
import type { AcceptedSocket } from "./accepted-socket.ts";

/** Bytes that may wait for a slow reader before its requests wait too. */
const UNSENT_BYTES_MAX = 1 << 20;
/** Bytes of whole requests that may wait for their turn before no more is read. */
const READ_AHEAD_BYTES_MAX = 1 << 20;
/** How long a closed connection may go on sending before it is cut off. */
const LINGER_MS = 1000;

export interface ConnectionOptions {
  readonly accepted: AcceptedSocket;
  readonly session: Session;
  readonly executor: Executor;
  readonly decoder: RequestDecoder;
  /** Shared by all connections: each writes and takes in one go. */
  readonly writer: ReplyWriter;
  readonly config: Config;
  readonly users: Users;
  readonly statistics: Statistics;
  /** Told once, when the session has ended; the socket may still be on its way out. */
  readonly onEnded: () => void;
  /** Told once, when the socket is gone. */
  readonly onClosed: () => void;
  /** Told why a connection that went beyond a limit is closed. */
  readonly onLimit: (why: string) => void;
}

export class Connection implements Endpoint, SessionConnection {
  readonly session: Session;
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #decoder: RequestDecoder;
  /** The decoder has said that it needs more bytes: what it holds is at most one unfinished request. */
  #isHungry = true;
  /** The client has closed its side. */
  isInputEnded = false;
  #hasEnded = false;
  /** When our side was closed; the client's may still be open. */
  #endedAtMs: number | undefined;
  /** Since when the output is above the soft limit. */
  #softLimitSinceMs: number | undefined;
  /** What had not been sent when `closeIfStuck` was asked last. */
  #unsentBytes: number | undefined;
  /** The protocol error that ends the connection, sent after the replies before it. */
  #lastWords: Reply = NONE;

  constructor(options: ConnectionOptions) {
    this.session = options.session;
    this.#options = options;
    this.#decoder = options.decoder;
    const { accepted, executor } = options;
    const { socket } = accepted;
    this.#socket = socket;
    accepted.onBytes((bytes) => this.#received(bytes));
    socket.on("end", () => {
      this.isInputEnded = true;
      if (this.#hasEnded) socket.destroy();
      else executor.wake(this);
    });
    socket.on("drain", () => {
      if (!this.#hasEnded) executor.wake(this);
    });
    // An error is always followed by "close"; what it was does not matter to anybody.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#end();
      options.onClosed();
    });
  }

  get descriptor(): number {
    return descriptorOf(this.#socket);
  }

  get queryFreeBytes(): number {
    return this.#decoder.freeBytes;
  }

  get argumentBytes(): number {
    return this.#decoder.argumentBytes;
  }

  get queryBytes(): number {
    return this.#decoder.bufferedBytes;
  }

  get inputBytes(): number {
    return this.#decoder.bufferedBytes;
  }

  get outputBytes(): number {
    return this.#socket.writableLength;
  }

  nextRequest(): readonly Buffer[] | undefined {
    if (this.#hasEnded || this.#socket.writableLength > UNSENT_BYTES_MAX) return undefined;
    const { limits } = this.#decoder;
    limits.authenticated = this.session.isAuthenticated || !this.#options.users.needsLogin;
    limits.bulkBytesMax = this.#options.config.values["proto-max-bulk-len"];
    try {
      const request = this.#decoder.next();
      if (request === undefined) this.#needMore();
      return request;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.session.isClosing = true;
      this.#lastWords = error.reply;
      return undefined;
    }
  }

  send(replies: readonly OutgoingReply[], nowMs: number, isLast: boolean): void {
    if (this.#hasEnded) return;
    const { writer, statistics } = this.#options;
    for (let i = 0; i < replies.length; i++) {
      const outgoing = replies[i];
      if (outgoing !== undefined) writer.write(outgoing.reply, outgoing.protocol);
    }
    if (isLast && this.#lastWords !== NONE) writer.write(this.#lastWords, 2);
    for (const chunk of writer.take()) {
      statistics.writeCount += 1;
      statistics.netOutputBytes += chunk.length;
      this.#socket.write(chunk);
    }
    if (isLast) this.#hangUp();
    else if (this.#socket.writableLength > 0) this.#checkOutput(nowMs);
  }

  /** Ends the connection at once. */
  close(): void {
    this.#end();
    this.#socket.destroy();
  }

  /**
   * Ends the session and, once the replies so far are with the system, the connection: the server goes, and does not
   * wait for clients to notice.
   */
  finish(): void {
    if (!this.#hasEnded) this.#hangUp();
    if (this.#socket.writableFinished) this.#destroyBehindInput();
    else this.#socket.once("finish", () => this.#destroyBehindInput());
  }

  /** Cuts the connection off if its client has taken nothing since this was asked last. */
  closeIfStuck(): void {
    const bytes = this.#socket.writableLength;
    if (bytes === this.#unsentBytes) this.close();
    this.#unsentBytes = bytes;
  }

  /** What has to be looked at from time to time: limits in time, and connections that do not go. */
  sweep(nowMs: number): void {
    if (this.#hasEnded) {
      if (this.#socket.writableLength > 0) return;
      if (this.#endedAtMs === undefined) this.#endedAtMs = nowMs;
      else if (nowMs - this.#endedAtMs >= LINGER_MS) this.#socket.destroy();
      return;
    }
    const idleSecondsMax = this.#options.config.values.timeout;
    if (
      idleSecondsMax > 0 &&
      !this.#isListener &&
      nowMs - this.session.lastRequestAtMs > idleSecondsMax * 1000
    ) {
      this.#options.onLimit("closing idle client");
      this.close();
    } else if (this.#socket.writableLength > 0) this.#checkOutput(nowMs);
  }

  #received(chunk: Buffer): void {
    // What comes after the end is read, so that the system need not refuse it, and dropped.
    if (this.#hasEnded) return;
    const { statistics } = this.#options;
    statistics.readCount += 1;
    statistics.netInputBytes += chunk.length;
    this.#decoder.push(chunk);
    if (!this.#isHungry && this.#decoder.bufferedBytes > READ_AHEAD_BYTES_MAX) this.#socket.pause();
    this.#isHungry = false;
    this.#options.executor.wake(this);
  }

  /** The decoder has no whole request left. */
  #needMore(): void {
    this.#isHungry = true;
    if (this.isInputEnded) {
      this.session.isClosing = true;
    } else if (
      this.#decoder.bufferedBytes + this.session.queueBytes >
      this.#options.config.values["client-query-buffer-limit"]
    ) {
      this.#options.onLimit("closing client that reached max query buffer length");
      this.close();
    } else if (this.#socket.isPaused()) this.#socket.resume();
  }

  closeIfBeyond(bytes: number): boolean {
    const { hardBytes } = this.#outputLimit;
    if (hardBytes === 0 || this.#socket.writableLength + bytes <= hardBytes) return false;
    this.#closeForOutput();
    return true;
  }

  /** Who gets pushes has a limit of its own: nothing it does or leaves holds up what it is sent. */
  get #outputLimit() {
    const limits = this.#options.config.values["client-output-buffer-limit"];
    return this.#isListener ? limits.pubsub : limits.normal;
  }

  /** A subscriber, or who monitors, is there to listen. */
  get #isListener(): boolean {
    return isSubscriber(this.session) || this.session.isMonitor;
  }

  #closeForOutput(): void {
    this.#options.onLimit("closing client for overcoming of output buffer limits");
    this.close();
  }

  #checkOutput(nowMs: number): void {
    const bytes = this.#socket.writableLength;
    if (bytes > UNSENT_BYTES_MAX) this.#socket.pause();
    const { hardBytes, softBytes, softSeconds } = this.#outputLimit;
    const isOverSoft = softBytes > 0 && bytes > softBytes;
    if (!isOverSoft) this.#softLimitSinceMs = undefined;
    else this.#softLimitSinceMs ??= nowMs;
    const isOverTime =
      this.#softLimitSinceMs !== undefined && nowMs - this.#softLimitSinceMs > softSeconds * 1000;
    if ((hardBytes > 0 && bytes > hardBytes) || isOverTime) this.#closeForOutput();
  }

  /** Closes our side behind the replies. */
  #hangUp(): void {
    this.#end();
    if (this.isInputEnded) this.#socket.destroySoon();
    else {
      this.#socket.end();
      this.#socket.resume();
    }
  }

  /** Two rounds of the event loop read what has come in, which would make the system throw replies away. */
  #destroyBehindInput(): void {
    setImmediate(() => setImmediate(() => this.#socket.destroy()));
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.session.isClosing = true;
    this.#options.executor.forget(this);
    this.#options.onEnded();
  }
}

/** Node has no other way to tell it than the handle, which a closed socket no longer has. */
function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, "_handle");
  if (typeof handle !== "object" || handle === null) return -1;
  const descriptor: unknown = Reflect.get(handle, "fd");
  return typeof descriptor === "number" ? descriptor : -1;
}
