/**
 * A session behind HTTP: the executor sees an endpoint whose requests come one by one and whose replies are promises.
 * One HTTP request has one session; whoever listens to changes keeps its own for as long.
 */
import { newSession, type Session } from "../clients/session.ts";
import type { SessionConnection } from "../clients/session-list.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { OutgoingReply, Reply } from "../protocol/reply.ts";
import { replySize } from "../protocol/reply-size.ts";
import type { Endpoint } from "../server/endpoint.ts";
import type { Executor } from "../server/executor.ts";
import { type Answer, AnswerError, answerOf } from "./answer.ts";

/** A reply beyond this is not turned into JSON: it would be held in memory several times over. */
const REPLY_BYTES_MAX = 64 << 20;

/** The address of who asks. */
export interface Peer {
  readonly address: string;
  readonly localAddress: string;
}

export class HttpSession implements Endpoint, SessionConnection {
  readonly session: Session;
  readonly #server: ServerContext;
  readonly #executor: Executor;
  #next: readonly Buffer[] | undefined;
  #answered: ((answer: Answer) => void) | undefined;
  #cancelTimeout: () => void = () => undefined;
  #isOpen = true;

  constructor(server: ServerContext, executor: Executor, peer: Peer) {
    this.#server = server;
    this.#executor = executor;
    this.session = newSession({
      id: server.sessions.nextId(),
      address: peer.address,
      localAddress: peer.localAddress,
      nowMs: server.clock.now(),
      user: server.users.default,
      isAuthenticated: !server.users.needsLogin,
    });
    this.session.protocol = 3;
    this.session.libraryName = "http";
    server.sessions.add(this.session, this);
  }

  /** No more is read and nothing is waited for once the session has ended. */
  get isInputEnded(): boolean {
    return !this.#isOpen;
  }

  readonly queryBytes = 0;
  readonly outputBytes = 0;

  /**
   * Runs a request; its reply, an error among them, once the turn is committed. One at a time.
   * @param waitMs how long a command may wait; it is then answered as at its timeout
   */
  run(args: ReadonlyArray<string | Buffer>, waitMs?: number): Promise<Answer> {
    if (!this.#isOpen) return Promise.resolve(CLOSED);
    this.#next = args.map((arg) => (typeof arg === "string" ? Buffer.from(arg, "utf8") : arg));
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#executor.wake(this);
      if (waitMs === undefined) return;
      const { clock, waiters } = this.#server;
      this.#cancelTimeout = clock.wakeAt(clock.now() + waitMs, () => {
        if (waiters.unblock(this.session.id, "timeout")) this.#executor.resume();
      });
    });
  }

  nextRequest(): readonly Buffer[] | undefined {
    const next = this.#next;
    this.#next = undefined;
    return next;
  }

  send(replies: readonly OutgoingReply[]): void {
    // Pushes, which a session gets that has asked for them in vain, have no place in an answer.
    const reply = replies.findLast((outgoing) => !isPush(outgoing.reply));
    if (reply !== undefined)
      this.#answer(replySize(reply.reply) > REPLY_BYTES_MAX ? TOO_LARGE : answerOf(reply.reply));
    if (this.session.isClosing) this.close();
  }

  closeIfBeyond(): boolean {
    return false;
  }

  /** Ends the session; what it waits for is answered with an error. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { watches, subscriptions, tracking, sessions } = this.#server;
    this.session.isClosing = true;
    this.#executor.forget(this);
    watches.unwatch(this.session);
    subscriptions.forget(this.session);
    tracking.disable(this.session);
    sessions.remove(this.session);
    this.#answer(CLOSED);
  }

  #answer(answer: Answer): void {
    const answered = this.#answered;
    this.#answered = undefined;
    this.#cancelTimeout();
    this.#cancelTimeout = () => undefined;
    answered?.(answer);
  }
}

const CLOSED = new AnswerError("CLOSED the session has been ended by the server");
const TOO_LARGE = new AnswerError(
  `TOOLARGE the reply takes more than ${REPLY_BYTES_MAX >> 20} MB: ask for less of it, or use a Redis client`,
);

function isPush(reply: Reply): boolean {
  return typeof reply === "object" && reply !== null && "kind" in reply && reply.kind === "push";
}
