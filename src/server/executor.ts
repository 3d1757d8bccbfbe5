/**
 * The executor: all requests that arrived in one turn of the event loop share one transaction and one commit,
 * and their replies leave after it. It is the one way to change data: a due expiry enters here as a request does.
 *
 * A turn: what is due is done, requests that waited and need not any more are tried again, each connection with
 * input runs its requests in order, the transaction is committed, the changes are handed on, the replies and the
 * messages to subscribers are sent. If the commit fails, every reply that tells of the store becomes -MISCONF, no
 * message leaves, and nothing of the turn is visible.
 */
import type { Clock } from "../base/clock.ts";
import type { Session } from "../clients/session.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Change } from "../keyspace/changes.ts";
import { Databases } from "../keyspace/databases.ts";
import type { Store } from "../keyspace/store.ts";
import type { Dispatcher } from "./dispatch.ts";
import type { DueWork } from "./due-work.ts";
import { Outgoing } from "./outgoing.ts";
import type { Waiters } from "./waiters.ts";

/** Requests of one connection in one turn; what is left waits for the next turn, so that others get theirs. */
const REQUESTS_PER_CONNECTION_MAX = 1024;
/** Bytes of replies a connection may collect in one turn before its further requests wait. */
const REPLY_BYTES_PER_CONNECTION_MAX = 1 << 20;
/** What may fall due in one turn; a burst of millions is drained in turns of this size. */
const DUE_PER_TURN_MAX = 500;

/** The connection side of a session. */
export interface Endpoint {
  readonly session: Session;
  /** The next whole request; undefined when more bytes are needed or none shall run now. */
  nextRequest(): readonly Buffer[] | undefined;
  /** True when the client has closed its side: nobody needs what it waits for. */
  readonly isInputEnded: boolean;
}

export interface ExecutorOptions {
  readonly store: Store;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly server: ServerContext;
  readonly waiters: Waiters;
  readonly databaseCount: number;
  readonly dueWork: DueWork;
  /** Told after each commit what has changed. */
  readonly onCommitted: (changes: readonly Change[]) => void;
  /** Told of a turn that could not be committed. */
  readonly onCommitFailed: (error: Error) => void;
}

export class Executor {
  readonly #options: ExecutorOptions;
  #ready = new Set<Endpoint>();
  /** Endpoints that CLIENT PAUSE holds back, with the request that has to wait. */
  readonly #held = new Map<Endpoint, readonly Buffer[]>();
  #isScheduled = false;
  #isStopped = false;
  /** When something is due next; a lower bound, so a wake-up may find nothing to do. */
  #dueMs: number | undefined;
  #cancelWake: (() => void) | undefined;
  /** What the wake-up that is armed is for. */
  #armedMs: number | undefined;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#dueMs = options.dueWork.nextMs(this.#databases());
    this.#arm();
  }

  /** The endpoint has input: its requests run in the turn at hand. */
  wake(endpoint: Endpoint): void {
    this.#ready.add(endpoint);
    this.#schedule();
  }

  /** The endpoint is gone: what it has sent and was not run is dropped. */
  forget(endpoint: Endpoint): void {
    this.#ready.delete(endpoint);
    this.#held.delete(endpoint);
    this.#options.waiters.remove(endpoint.session.id);
  }

  /** The store takes commits again: what fell due meanwhile is done. */
  resume(): void {
    this.#schedule();
  }

  /** Runs what is ready now and takes no further turn. */
  stop(): void {
    this.#turn();
    this.#isStopped = true;
    this.#cancelWake?.();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isStopped) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#turn();
    });
  }

  #turn(): void {
    if (this.#isStopped) return;
    const databases = this.#databases();
    this.#releaseHeld();
    this.#doDue(databases);
    const outgoing = new Outgoing(this.#options.server);
    outgoing.tell(databases.transaction.changes, undefined);
    this.#resumeWaiters(databases, outgoing);
    const endpoints = [...this.#ready];
    this.#ready.clear();
    for (const endpoint of endpoints) this.#serve(endpoint, databases, outgoing);
    const failure = this.#commit(databases);
    if (failure === undefined) this.#handOn(databases.transaction.changes);
    outgoing.send(databases.nowMs, failure);
    this.#releaseHeld();
    this.#arm();
    if (this.#ready.size > 0 || this.#options.waiters.hasReady) this.#schedule();
  }

  #handOn(changes: readonly Change[]): void {
    this.#options.onCommitted(changes);
    this.#options.waiters.touch(changes);
  }

  /** Answers the waiters that have something to be answered with, in the order of their arrival. */
  #resumeWaiters(databases: Databases, outgoing: Outgoing): void {
    const { waiters } = this.#options;
    if (waiters.size === 0) return;
    waiters.expire(databases.nowMs);
    for (const waiter of waiters.takeReady()) {
      const reply = waiter.ending ?? waiters.resume(waiter, databases);
      const { endpoint } = waiter;
      if (reply !== undefined) {
        waiters.remove(endpoint.session.id);
        outgoing.answer(endpoint.session, { reply, dependsOnCommit: waiter.ending === undefined });
        // What it has sent meanwhile runs now.
        this.#ready.add(endpoint);
      }
      outgoing.tell(databases.transaction.changes, endpoint.session);
    }
  }

  #serve(endpoint: Endpoint, databases: Databases, outgoing: Outgoing): void {
    const { session } = endpoint;
    const { waiters } = this.#options;
    if (!waiters.isWaiting(session.id)) this.#runRequests(endpoint, databases, outgoing);
    else if (endpoint.isInputEnded) session.isClosing = true;
    if (session.isClosing) outgoing.include(session);
  }

  #runRequests(endpoint: Endpoint, databases: Databases, outgoing: Outgoing): void {
    const { session } = endpoint;
    const { dispatcher, waiters } = this.#options;
    let bytes = 0;
    for (let count = 0; !session.isClosing; count += 1) {
      if (count === REQUESTS_PER_CONNECTION_MAX || bytes > REPLY_BYTES_PER_CONNECTION_MAX) {
        this.#ready.add(endpoint);
        return;
      }
      const args = this.#next(endpoint, databases.nowMs);
      if (args === undefined) return;
      session.lastRequestAtMs = databases.nowMs;
      session.requestCount += 1;
      const outcome = dispatcher.dispatch(session, args, databases);
      if (outcome.waiting === undefined) outgoing.answer(session, outcome);
      outgoing.tell(databases.transaction.changes, session);
      if (outcome.waiting !== undefined) {
        waiters.park(endpoint, outcome.waiting);
        return;
      }
      bytes += outcome.reply instanceof Buffer ? outcome.reply.length : 64;
    }
  }

  /** The endpoint's next request, unless it is held back by CLIENT PAUSE. */
  #next(endpoint: Endpoint, nowMs: number): readonly Buffer[] | undefined {
    const { dispatcher, server } = this.#options;
    // Nearly always there is no pause and nobody held back.
    if (this.#held.size === 0 && server.pause.untilMs === 0) return endpoint.nextRequest();
    const args = this.#held.get(endpoint) ?? endpoint.nextRequest();
    const mode = server.pause.modeAt(nowMs);
    if (args !== undefined && mode !== undefined && dispatcher.mustWait(endpoint.session, args, mode)) {
      // The bytes may lie in a chunk of the socket's that the wait would pin.
      if (!this.#held.has(endpoint))
        this.#held.set(
          endpoint,
          args.map((arg) => Buffer.from(arg)),
        );
      return undefined;
    }
    if (this.#held.size > 0) this.#held.delete(endpoint);
    return args;
  }

  /** Lets those go on that CLIENT PAUSE has held back, when it has ended. */
  #releaseHeld(): void {
    if (this.#held.size === 0) return;
    if (this.#options.server.pause.modeAt(this.#options.clock.now()) !== undefined) return;
    for (const endpoint of this.#held.keys()) this.#ready.add(endpoint);
  }

  #doDue(databases: Databases): void {
    if (this.#dueMs === undefined || this.#dueMs > databases.nowMs) return;
    const { dueWork, server, store } = this.#options;
    // While writes are paused or fail, nothing happens by itself.
    if (store.failure !== undefined || server.pause.modeAt(databases.nowMs) !== undefined) return;
    const count = dueWork.run(databases, DUE_PER_TURN_MAX);
    this.#dueMs = dueWork.nextMs(databases);
    if (count >= DUE_PER_TURN_MAX) this.#schedule();
  }

  /** Something may be due at a time; infinite: nothing is. */
  #noteDue(dueMs: number): void {
    if (dueMs === Number.POSITIVE_INFINITY) return;
    this.#options.dueWork.note(dueMs);
    this.#dueMs = Math.min(this.#dueMs ?? Number.POSITIVE_INFINITY, dueMs);
  }

  #commit(databases: Databases): Error | undefined {
    const { transaction } = databases;
    if (transaction.isEmpty) return undefined;
    this.#noteDue(transaction.dueMsMin);
    try {
      this.#options.store.commit(transaction);
      return undefined;
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      // What this turn had done of its own accord is due as before.
      this.#noteDue(0);
      this.#options.onCommitFailed(failure);
      return failure;
    }
  }

  #databases(): Databases {
    return new Databases(this.#options.store.begin(), this.#options.databaseCount, this.#options.clock.now());
  }

  #arm(): void {
    const wakeMs = this.#isStopped
      ? undefined
      : earlier(this.#nextWakeMs(), this.#options.waiters.nextDeadlineMs);
    if (wakeMs === this.#armedMs) return;
    this.#cancelWake?.();
    this.#armedMs = wakeMs;
    this.#cancelWake =
      wakeMs === undefined ? undefined : this.#options.clock.wakeAt(wakeMs, () => this.#awake());
  }

  /** When the next turn is needed though no request comes; waiters have deadlines besides. */
  #nextWakeMs(): number | undefined {
    const { clock, server, store } = this.#options;
    if (this.#dueMs === undefined && this.#held.size === 0) return undefined;
    if (server.pause.modeAt(clock.now()) !== undefined) return server.pause.untilMs;
    return store.failure === undefined ? this.#dueMs : undefined;
  }

  #awake(): void {
    this.#armedMs = undefined;
    this.#schedule();
  }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
