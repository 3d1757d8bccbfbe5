/**
 * The executor: all requests that arrived in one turn of the event loop share one transaction and one commit,
 * and their replies leave when it is on disk. It is the one way to change data: a due expiry enters here as a request does.
 *
 * A turn: what is due is done, requests that waited and need not any more are tried again, each connection with
 * input runs its requests in order, the transaction is committed, the changes are handed on, the replies and the
 * messages to subscribers are sent. If the commit fails, every reply that tells of the store becomes -MISCONF, no
 * message leaves, and nothing of the turn is visible.
 *
 * While the sync of a turn is under way, the next turns run and see what it has changed; what they have to send waits
 * for that sync and their own (`departures.ts`). If it fails, all turns that were not on disk are taken back. When
 * nobody else is ready and the disk is fast, a turn waits for its sync: all that arrive meanwhile share the next one. A
 * turn ends when its budget of time and of bytes is spent (`turn-budget.ts`); who did not get a turn is first in the next one.
 */
import type { Clock } from "../base/clock.ts";
import type { Stopwatch } from "../base/stopwatch.ts";
import { bytesOfArguments, copied } from "../commands/arguments.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Change } from "../keyspace/changes.ts";
import { Databases } from "../keyspace/databases.ts";
import type { Store } from "../keyspace/store.ts";
import * as errors from "../protocol/errors.ts";
import type { Reply } from "../protocol/reply.ts";
import type { ReplyError } from "../protocol/reply-error.ts";
import { replySize } from "../protocol/reply-size.ts";
import { NotLoaded } from "../storage/not-loaded.ts";
import { Departures } from "./departures.ts";
import type { Dispatcher, Missing, Outcome } from "./dispatch.ts";
import { DueLoads } from "./due-loads.ts";
import type { DueWork } from "./due-work.ts";
import type { Endpoint } from "./endpoint.ts";
import { HeldRequests } from "./held-requests.ts";
import { LOAD_LIMITS, type Loaded, type LoadLimits, Loads } from "./loads.ts";
import { Outgoing } from "./outgoing.ts";
import { ReadyList } from "./ready-list.ts";
import { TurnBudget } from "./turn-budget.ts";
import type { Waiter, Waiters } from "./waiters.ts";

/** Requests of one connection in one turn; what is left waits for the next turn, so that others get theirs. */
const REQUESTS_PER_CONNECTION_MAX = 1024;
/** Bytes of replies a connection may collect in one turn before its further requests wait. */
const REPLY_BYTES_PER_CONNECTION_MAX = 1 << 20;
/**
 * With a disk that takes longer, turns run while earlier ones are synced, though nobody is ready. A sync of 0.4 ms is waited
 * for: 50 connections with one request each then share it, 19,400 events a second of 58 us instead of 16,500 of 71 us.
 */
const OVERLAPPED_SYNC_MS_MIN = 2;
/** What may fall due in one turn; a burst of millions is drained in turns of this size. */
const DUE_PER_TURN_MAX = 500;

/** How long the end of the server may run what was read: what is left is not answered. */
const STOP_MS_MAX = 1000;

/** What a key does not live through under its name. */
const ENDINGS: ReadonlySet<string> = new Set(["del", "expired", "rename_from", "move_from"]);

export interface ExecutorOptions {
  readonly store: Store;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  /** Shared with the dispatcher, which reads it after each request. */
  readonly stopwatch: Stopwatch;
  readonly server: ServerContext;
  readonly waiters: Waiters;
  readonly databaseCount: number;
  readonly dueWork: DueWork;
  /** What one piece of work may load, over a store whose reads may miss. */
  readonly loadLimits?: LoadLimits | undefined;
  /** Nothing is served while what has fallen due is loaded: for tests, which see a timer expire at its time. */
  readonly waitsForDue?: boolean | undefined;
  /** Each turn runs while the one before it is synced: for tests. */
  readonly alwaysOverlaps?: boolean | undefined;
  /** Told after each commit what has changed. */
  readonly onCommitted: (changes: readonly Change[]) => void;
  /** Told of a turn that could not be committed. */
  readonly onCommitFailed: (error: Error) => void;
}

/** A request of an endpoint that has missed. */
interface LoadingRequest {
  readonly args: readonly Buffer[];
  readonly missing: Missing;
}

export class Executor {
  readonly #options: ExecutorOptions;
  readonly #budget: TurnBudget;
  readonly #ready = new ReadyList();
  readonly #held: HeldRequests;
  readonly #loads: Loads<Endpoint, LoadingRequest>;
  readonly #waiterLoads: Loads<Waiter, undefined>;
  readonly #dueLoads: DueLoads;
  readonly #departures: Departures;
  /** Connections that the turn at hand has served. */
  #servedCount = 0;
  #isScheduled = false;
  #isStopped = false;
  /** When something is due next; a lower bound, so a wake-up may find nothing to do. */
  #dueMs: number | undefined;
  #cancelWake: (() => void) | undefined;
  /** What the wake-up that is armed is for. */
  #armedMs: number | undefined;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#budget = new TurnBudget(options.stopwatch);
    this.#held = new HeldRequests(options.server, options.dispatcher);
    const { loadLimits = LOAD_LIMITS } = options;
    this.#loads = new Loads(loadLimits, (endpoint, { args }) => {
      this.#held.keep(endpoint, args);
      this.#schedule();
    });
    this.#waiterLoads = new Loads(loadLimits, (waiter) => options.waiters.loaded(waiter));
    this.#dueLoads = new DueLoads({
      clock: options.clock,
      limits: loadLimits,
      onLoaded: () => this.#schedule(),
    });
    this.#departures = new Departures(options.store, () => this.#isOver);
    this.#findNextDue(this.#databases());
    options.store.onSettled((failure) => this.#settled(failure));
    options.waiters.held = this.#held;
    options.waiters.onWoken = () => this.#schedule();
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
    this.#held.forget(endpoint);
    this.#loads.end(endpoint);
    for (const waiter of this.#waiterLoads.keys())
      if (waiter.endpoint === endpoint) this.#waiterLoads.end(waiter);
    this.#options.waiters.remove(endpoint.session.id);
  }

  /** The store takes commits again, or has room for more: what waited for that, and what fell due meanwhile, is done. */
  resume(): void {
    this.#schedule();
  }

  /** Something may be due at once that was not before: a directive has changed. */
  lookForWork(): void {
    this.#noteDue(0);
    this.#schedule();
  }

  /** Runs what has been read by now, in as many turns as it takes, and takes no further one. */
  stop(): void {
    const untilMs = this.#options.clock.monotonicMs() + STOP_MS_MAX;
    do {
      this.#turn();
      this.#options.store.settle();
    } while (this.#ready.size > 0 && this.#options.clock.monotonicMs() < untilMs);
    this.#isStopped = true;
    this.#cancelWake?.();
    this.#dueLoads.end();
  }

  /** Takes no further turn, and runs nothing of what was read. */
  abandon(): void {
    this.#isStopped = true;
    this.#cancelWake?.();
    this.#dueLoads.end();
  }

  /** Others may own the store by now: nothing may be read from it, or answered. */
  get #isOver(): boolean {
    const { clock, server } = this.#options;
    return server.cluster?.isOver(clock.monotonicMs()) === true;
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
    // What has settled schedules the next one.
    if (this.#isStopped || this.#departures.isFull || this.#isOver) return;
    this.#budget.begin();
    this.#servedCount = 0;
    const databases = this.#databases();
    this.#releaseHeld();
    this.#doDue(databases);
    const outgoing = new Outgoing(this.#options.server);
    outgoing.tell(databases.transaction.changes, undefined);
    if (!this.#waitsForDue) {
      this.#resumeWaiters(databases, outgoing);
      this.#serveReady(databases, outgoing);
    }
    const failure = this.#commit(databases);
    if (failure === undefined) this.#handOn(databases.transaction.changes);
    this.#departures.add({ outgoing, nowMs: databases.nowMs, replyBytes: this.#budget.replyBytes, failure });
    this.#releaseHeld();
    this.#arm();
    this.#noteEnd();
    if ((this.#ready.size > 0 || this.#options.waiters.hasReady) && !this.#waitsForDue) this.#schedule();
  }

  #noteEnd(): void {
    const { pace, statistics } = this.#options.server;
    const turnMs = this.#budget.end();
    statistics.turns.add(turnMs * 1000);
    if (this.#servedCount > 0) pace.served(turnMs);
  }

  /** Turns have reached the disk, or with a failure been taken back. */
  #settled(failure: Error | undefined): void {
    const wasFull = this.#departures.isFull;
    if (failure !== undefined) this.#failed(failure);
    this.#departures.leave(failure);
    if (wasFull || failure !== undefined) this.#schedule();
  }

  /** What a turn had done of its own accord is due as before. */
  #failed(failure: Error): void {
    this.#noteDue(0);
    this.#options.onCommitFailed(failure);
  }

  #handOn(changes: readonly Change[]): void {
    this.#options.onCommitted(changes);
    this.#noteUses(changes);
    this.#options.waiters.touch(changes);
  }

  /** What was written was used; RESTORE tells itself how. */
  #noteUses(changes: readonly Change[]): void {
    const { clock, server } = this.#options;
    const nowMs = clock.now();
    for (const change of changes) {
      if (change.kind === "flush") server.keyUses.forgetAll(change.database);
      if (change.kind === "swap") server.keyUses.swap(change.databases);
      // What made a key new follows, and counts.
      if (change.kind !== "key" || change.event === "restore" || change.event === "new") continue;
      if (ENDINGS.has(change.event)) server.keyUses.forget(change.database, change.key);
      else server.keyUses.note(change.database, change.key, nowMs);
    }
  }

  /** Answers the waiters that have something to be answered with, in the order of their arrival. */
  #resumeWaiters(databases: Databases, outgoing: Outgoing): void {
    const { waiters } = this.#options;
    if (waiters.size === 0) return;
    waiters.expire(databases.nowMs);
    for (const [index, waiter] of waiters.takeReady().entries()) {
      if (index > 0 && this.#budget.isSpentOfOwnAccord()) waiters.postpone(waiter);
      else {
        const before = databases.transaction.changes.length;
        this.#resume(waiter, databases, outgoing);
        this.#serveTakers(before, databases, outgoing);
      }
    }
  }

  /** True when the waiter has got an answer. */
  #resume(waiter: Waiter, databases: Databases, outgoing: Outgoing): boolean {
    const { waiters } = this.#options;
    if (waiters.isHeldUp(waiter)) return false;
    const reply = waiter.ending === undefined ? this.#ask(waiter, databases) : waiter.ending;
    const { endpoint } = waiter;
    if (reply !== undefined) {
      this.#waiterLoads.end(waiter);
      waiters.remove(endpoint.session.id);
      this.#budget.addReplyBytes(replySize(reply));
      const { protocol } = endpoint.session;
      outgoing.answer(endpoint.session, { reply, protocol, dependsOnCommit: waiter.ending === undefined });
      // What it has sent meanwhile runs now.
      this.#ready.postpone(endpoint);
    }
    outgoing.tell(databases.transaction.changes, endpoint.session);
    return reply !== undefined;
  }

  /** Asks a waiter again; undefined when it goes on waiting, or has missed. */
  #ask(waiter: Waiter, databases: Databases): Reply | undefined {
    const { server, waiters } = this.#options;
    const loaded = this.#waiterLoads.find(waiter)?.outcome;
    if (loaded !== undefined && loaded.kind !== "loaded")
      return waiter.request.refuse(this.#refusalOf(loaded, waiter.request.name));
    const pushCount = server.pushes.size;
    try {
      const reply = waiters.resume(waiter, databases);
      if (loaded !== undefined) this.#waiterLoads.end(waiter);
      return reply;
    } catch (error) {
      if (!(error instanceof NotLoaded)) throw error;
      server.pushes.truncate(pushCount);
      waiters.load(waiter);
      this.#waiterLoads.begin(waiter, undefined, [error]);
      return undefined;
    }
  }

  /** Why work is not run again whose load has not ended well. */
  #refusalOf(loaded: Exclude<Loaded, { readonly kind: "loaded" }>, command: string): ReplyError {
    if (loaded.kind === "failed") return errors.notReadable(loaded.reason);
    return errors.needsTooMuch(command, (this.#options.loadLimits ?? LOAD_LIMITS).bytesMax);
  }

  /**
   * Asks those who wait to take something away whether a request, whose changes begin at an index, has brought it. What
   * one of them moves to another key may be what the next one waits for.
   */
  #serveTakers(from: number, databases: Databases, outgoing: Outgoing): void {
    const { waiters } = this.#options;
    const { changes } = databases.transaction;
    waiters.touchTakers(changes, from);
    for (let ready = waiters.takeReadyTakers(); ready.length > 0; ready = waiters.takeReadyTakers()) {
      /** What one has found empty, the next one need not look for. */
      const empty = new Set<string>();
      for (const waiter of ready) {
        const { keys, takes } = waiter.request;
        const wanted = keys.map((key) => `${takes} ${key}`);
        if (wanted.every((key) => empty.has(key))) continue;
        const before = changes.length;
        if (this.#resume(waiter, databases, outgoing)) {
          if (changes.length > before) empty.clear();
        } else if (!waiters.isHeldUp(waiter)) for (const key of wanted) empty.add(key);
        waiters.touchTakers(changes, before);
      }
    }
  }

  /** Serves those that are ready until the budget is spent; whatever it is, at least one request runs. */
  #serveReady(databases: Databases, outgoing: Outgoing): void {
    const unfinished: Endpoint[] = [];
    this.#options.stopwatch.read();
    for (const endpoint of this.#ready.take()) {
      if (this.#serve(endpoint, databases, outgoing)) unfinished.push(endpoint);
      if (this.#budget.isSpent) break;
    }
    // Behind those that have had no turn.
    for (const endpoint of unfinished) this.#ready.postpone(endpoint);
  }

  /** True when the endpoint may have further requests, which have to wait. */
  #serve(endpoint: Endpoint, databases: Databases, outgoing: Outgoing): boolean {
    const { session } = endpoint;
    const { waiters } = this.#options;
    this.#servedCount += 1;
    let hasMore = false;
    if (this.#loads.size > 0 && this.#loads.isLoading(endpoint)) hasMore = false;
    else if (!waiters.isWaiting(session.id)) hasMore = this.#runRequests(endpoint, databases, outgoing);
    else if (endpoint.isInputEnded) session.isClosing = true;
    if (session.isClosing) outgoing.include(session);
    return hasMore;
  }

  /** True when further requests have to wait. */
  #runRequests(endpoint: Endpoint, databases: Databases, outgoing: Outgoing): boolean {
    const { session } = endpoint;
    const { waiters } = this.#options;
    let bytes = 0;
    for (let count = 0; !session.isClosing; count += 1) {
      if (count === REQUESTS_PER_CONNECTION_MAX || bytes > REPLY_BYTES_PER_CONNECTION_MAX) return true;
      if (count > 0 && this.#budget.isSpent) return true;
      const args = this.#held.next(endpoint, databases.nowMs);
      if (args === undefined) return false;
      const changesBefore = databases.transaction.changes.length;
      const outcome = this.#runRequest(endpoint, args, databases);
      if (outcome === undefined) return false;
      if (outcome.waiting === undefined) outgoing.answer(session, outcome);
      outgoing.tell(databases.transaction.changes, session);
      if (outcome.waiting !== undefined) {
        waiters.park(endpoint, outcome.waiting);
        session.waitingBytes = bytesOfArguments(args);
        return false;
      }
      this.#serveTakers(changesBefore, databases, outgoing);
      const size = replySize(outcome.reply);
      bytes += size;
      this.#budget.addReplyBytes(size);
    }
    return false;
  }

  /** Undefined when the request has missed: it is run again when that is loaded. */
  #runRequest(endpoint: Endpoint, args: readonly Buffer[], databases: Databases): Outcome | undefined {
    const { dispatcher } = this.#options;
    const { session } = endpoint;
    const again = this.#loads.size === 0 ? undefined : this.#loads.find(endpoint);
    let outcome: Outcome;
    if (again === undefined) {
      session.lastRequestAtMs = databases.nowMs;
      session.requestCount += 1;
      if (this.#comesBetween(endpoint, args)) return undefined;
      outcome = dispatcher.dispatch(session, args, databases);
    } else {
      const { missing } = again.work;
      outcome =
        again.outcome.kind === "loaded"
          ? missing.again(databases)
          : missing.refuse(this.#refusalOf(again.outcome, missing.name));
    }
    const { missing } = outcome;
    if (missing === undefined) {
      if (again !== undefined) this.#endLoad(endpoint);
      return outcome;
    }
    session.waitingBytes = bytesOfArguments(args);
    this.#loads.begin(endpoint, { args: missing.args, missing }, missing.misses);
    return undefined;
  }

  /** True for a request that has to wait until something it may touch is taken, by who waits for that and has missed. */
  #comesBetween(endpoint: Endpoint, args: readonly Buffer[]): boolean {
    const { dispatcher, waiters } = this.#options;
    const { session } = endpoint;
    const keys = waiters.keysToTake;
    if (keys.size === 0 || !dispatcher.touches(session, args, keys)) return false;
    const kept = copied(args);
    session.waitingBytes = bytesOfArguments(kept);
    const missing: Missing = {
      name: session.lastCommand,
      args: kept,
      misses: [new NotLoaded(() => waiters.untilLoaded())],
      again: (databases) => dispatcher.dispatch(session, kept, databases),
      refuse: (error) => {
        const reply = { kind: "error", message: error.message } as const;
        return { reply, protocol: session.protocol, dependsOnCommit: false, waiting: undefined };
      },
    };
    this.#loads.begin(endpoint, { args: kept, missing }, missing.misses);
    return true;
  }

  #endLoad(endpoint: Endpoint): void {
    this.#loads.end(endpoint);
    endpoint.session.waitingBytes = 0;
  }

  /** Lets those go on that were held back, when that has ended. */
  #releaseHeld(): void {
    if (this.#held.size === 0) return;
    for (const endpoint of this.#held.released(this.#options.clock.now())) this.#ready.postpone(endpoint);
  }

  #doDue(databases: Databases): void {
    const isDue = this.#isDueAt(databases.nowMs);
    const { dueWork, store } = this.#options;
    // While writes are held back or fail, nothing happens by itself.
    if (!(isDue || dueWork.hasPart)) return;
    if (store.failure !== undefined || this.#held.mode(databases.nowMs) !== undefined) return;
    if (this.#dueLoads.isLoading) return;
    const excessive = this.#dueLoads.takeExcessive();
    const miss =
      (this.#ready.size > 0 ? dueWork.joinPart(databases, excessive) : undefined) ??
      (isDue
        ? dueWork.run(databases, {
            countMax: DUE_PER_TURN_MAX,
            isSpent: () => this.#budget.isSpentOfOwnAccord(),
            excessive,
          })
        : undefined);
    if (miss !== undefined) {
      if (miss.isFurther) this.#dueLoads.end();
      this.#dueLoads.begin(miss.piece, miss.misses);
      return;
    }
    if (isDue) this.#findNextDue(databases);
    if (!this.#dueLoads.isLoading) this.#dueLoads.end();
    if (isDue && this.#isDueAt(databases.nowMs) && !this.#dueLoads.isLoading) this.#schedule();
  }

  #isDueAt(nowMs: number): boolean {
    return this.#dueMs !== undefined && this.#dueMs <= nowMs;
  }

  /** Looks when something is due next; if that has to be loaded, something may be due as soon as it is. */
  #findNextDue(databases: Databases): void {
    try {
      this.#dueMs = this.#options.dueWork.nextMs(databases);
    } catch (error) {
      if (!(error instanceof NotLoaded)) throw error;
      this.#dueMs = databases.nowMs;
      this.#dueLoads.begin("next", [error]);
    }
  }

  get #waitsForDue(): boolean {
    return this.#options.waitsForDue === true && this.#dueLoads.isLoading;
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
    if (this.#options.dueWork.bringsEvents(transaction.changes)) this.#noteDue(databases.nowMs);
    try {
      this.#options.store.commit(transaction, databases.nowMs, this.#isOverlapped);
      return undefined;
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      this.#failed(failure);
      return failure;
    }
  }

  /** Whether further turns shall run while the commit of this one goes to disk. */
  get #isOverlapped(): boolean {
    const { alwaysOverlaps = false, store } = this.#options;
    // Nobody waits for what happens by itself.
    if (this.#servedCount === 0 || alwaysOverlaps) return true;
    if (this.#ready.size > 0 || !this.#departures.isEmpty) return true;
    return store.lastSyncMs > OVERLAPPED_SYNC_MS_MIN;
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
    const mayWork = store.failure === undefined && !store.isCongested && !this.#dueLoads.isLoading;
    return mayWork ? this.#dueMs : undefined;
  }

  #awake(): void {
    this.#armedMs = undefined;
    this.#schedule();
  }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
