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
import { earlier } from "../base/earlier.ts";
import type { Stopwatch } from "../base/stopwatch.ts";
import { bytesOfArguments } from "../commands/arguments.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Change } from "../keyspace/changes.ts";
import type { Partition } from "../keyspace/partitions.ts";
import { replySize } from "../protocol/reply-size.ts";
import { Departures, isSlow } from "./departures.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { DueWork } from "./due-work.ts";
import type { Endpoint } from "./endpoint.ts";
import { HeldRequests } from "./held-requests.ts";
import { LOAD_LIMITS, type LoadLimits } from "./loads.ts";
import { MissedRequests } from "./missed-requests.ts";
import { noteUses } from "./note-uses.ts";
import { Outgoing } from "./outgoing.ts";
import { OwnWork, type OwnWorkOptions } from "./own-work.ts";
import { ReadyList } from "./ready-list.ts";
import { Turn } from "./turn.ts";
import { REPLY_BYTES_PER_CONNECTION_MAX, REQUESTS_PER_CONNECTION_MAX, TurnBudget } from "./turn-budget.ts";
import { TurnSchedule } from "./turn-schedule.ts";
import type { Waiter, Waiters } from "./waiters.ts";

/** What may fall due in one turn; a burst of millions is drained in turns of this size. */
const DUE_PER_TURN_MAX = 500;

/** How long the end of the server may run what was read: what is left is not answered. */
const STOP_MS_MAX = 1000;

export interface ExecutorOptions {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  /** Shared with the dispatcher, which reads it after each request. */
  readonly stopwatch: Stopwatch;
  readonly server: ServerContext;
  readonly waiters: Waiters;
  readonly databaseCount: number;
  readonly dueWork: (partition: Partition) => DueWork;
  readonly mail?: OwnWorkOptions["mail"];
  /** What one piece of work may load, over a store whose reads may miss. */
  readonly loadLimits?: LoadLimits | undefined;
  /** Nothing is served while what is due is loaded: for tests, which see a timer expire at its time. */
  readonly waitsForDue?: boolean | undefined;
  /** Each turn runs while the one before it is synced: for tests. */
  readonly alwaysOverlaps?: boolean | undefined;
  /** Told after each commit what has changed, and of one that has failed. */
  readonly onCommitted: (changes: readonly Change[]) => void;
  readonly onCommitFailed: (error: Error) => void;
}

export class Executor {
  readonly #options: ExecutorOptions;
  readonly #budget: TurnBudget;
  readonly #ready = new ReadyList();
  readonly #schedule = new TurnSchedule(() => this.#turn());
  readonly #held: HeldRequests;
  readonly #missed: MissedRequests;
  readonly #own: OwnWork;
  readonly #departures: Departures;
  /** Connections that the turn at hand has served. */
  #servedCount = 0;
  #isStopped = false;
  #cancelWake: (() => void) | undefined;
  /** For when a wake-up is armed. */
  #armedMs: number | undefined;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#budget = new TurnBudget(options.stopwatch);
    this.#held = new HeldRequests(options.server, options.dispatcher);
    const { loadLimits: limits = LOAD_LIMITS, clock, dueWork, mail } = options;
    this.#own = new OwnWork({ dueWork, mail, clock, limits, schedule: () => this.#schedule.ask() });
    this.#missed = new MissedRequests({
      ...options,
      limits,
      onLoaded: (endpoint, args) => {
        this.#held.keep(endpoint, args);
        this.#schedule.ask();
      },
    });
    this.#departures = new Departures(options.server.partitions, (partition) => this.#isOver(partition));
    options.waiters.held = this.#held;
    options.waiters.onWoken = () => this.#schedule.ask();
    for (const partition of options.server.partitions.all) this.add(partition);
  }

  /** The server holds a partition from now on. */
  add(partition: Partition): void {
    this.#own.add(this.#newTurn().part(partition));
    partition.store.onSettled((failure) => this.#settled(partition, failure));
    this.#arm();
  }

  /** It does not any more: what was not settled of it is never answered, and its connections are closed. */
  remove(partition: Partition): void {
    this.#own.remove(partition);
    this.#departures.forget(partition);
    this.#schedule.ask();
  }

  /** The endpoint has input: its requests run in the turn at hand. */
  wake(endpoint: Endpoint): void {
    this.#ready.add(endpoint);
    this.#schedule.ask();
  }

  /** A connection was accepted; others may wait for that. */
  noteAccepted(): void {
    this.#schedule.noteAccepted();
  }

  /** The endpoint is gone: what it has sent and was not run is dropped. */
  forget(endpoint: Endpoint): void {
    this.#ready.delete(endpoint);
    this.#held.forget(endpoint);
    this.#missed.forget(endpoint);
    this.#options.waiters.remove(endpoint.session.id);
  }

  /** A store takes commits again, or has room for more: what waited for that, and what fell due meanwhile, is done. */
  resume(): void {
    this.#schedule.ask();
  }

  /** A directive has changed: something may be due at once that was not before. */
  lookForWork(): void {
    this.#own.lookIn();
    this.#schedule.ask();
  }

  /** Runs what has been read by now, in as many turns as it takes, and takes no further one. */
  stop(): void {
    const untilMs = this.#options.clock.monotonicMs() + STOP_MS_MAX;
    do {
      this.#turn();
      for (const { store } of this.#options.server.partitions.all) store.settle();
    } while (this.#ready.size > 0 && this.#options.clock.monotonicMs() < untilMs);
    this.#isStopped = true;
    this.#cancelWake?.();
    this.#own.end();
  }

  /** Takes no further turn, and runs nothing of what was read. */
  abandon(): void {
    this.#isStopped = true;
    this.#cancelWake?.();
    this.#own.end();
  }

  /** Others may own the partition by now: nothing may be read from it, or answered. */
  #isOver(partition: Partition): boolean {
    const { clock, server } = this.#options;
    if (server.partitions.isLost(partition)) return true;
    return server.cluster?.isOver(partition.number, clock.monotonicMs()) === true;
  }

  #turn(): void {
    // What has settled schedules the next one.
    if (this.#isStopped || this.#departures.isFull) return;
    this.#budget.begin(this.#ready.isMixed);
    this.#servedCount = 0;
    const turn = this.#newTurn();
    this.#releaseHeld();
    this.#doDue(turn);
    const outgoing = new Outgoing(this.#options.server);
    outgoing.tell(turn.changes, undefined);
    if (!this.#waitsForDue) {
      this.#resumeWaiters(turn, outgoing);
      this.#serveReady(turn, outgoing);
    }
    const failures = this.#commit(turn);
    if (failures === undefined || failures.size < turn.parts.length) this.#handOn(turn.changes);
    this.#departures.add({ outgoing, turn, replyBytes: this.#budget.replyBytes, failures });
    this.#releaseHeld();
    this.#arm();
    this.#noteEnd();
    if ((this.#ready.size > 0 || this.#options.waiters.hasReady) && !this.#waitsForDue) this.#schedule.ask();
  }

  #noteEnd(): void {
    const { pace, statistics } = this.#options.server;
    const turnMs = this.#budget.end();
    statistics.turns.add(turnMs * 1000);
    if (this.#servedCount > 0) pace.served(turnMs);
  }

  /** Turns have reached the disk, or with a failure been taken back. */
  #settled(partition: Partition, failure: Error | undefined): void {
    const wasFull = this.#departures.isFull;
    if (failure !== undefined) this.#failed(partition, failure);
    this.#departures.settled(partition, failure);
    if (wasFull || failure !== undefined) this.#schedule.ask();
  }

  /** What a turn had done of its own accord is due as before. */
  #failed(partition: Partition, failure: Error): void {
    this.#own.lookIn(partition);
    this.#options.onCommitFailed(failure);
  }

  #handOn(changes: readonly Change[]): void {
    this.#options.onCommitted(changes);
    noteUses(this.#options.server, changes);
    this.#options.waiters.touch(changes);
  }

  /** Answers the waiters that have something to be answered with, in the order of their arrival. */
  #resumeWaiters(turn: Turn, outgoing: Outgoing): void {
    const { waiters } = this.#options;
    if (waiters.size === 0) return;
    waiters.expire(turn.nowMs);
    for (const [index, waiter] of waiters.takeReady().entries()) {
      if (index > 0 && this.#budget.isSpentOfOwnAccord()) waiters.postpone(waiter);
      else {
        const before = turn.changes.length;
        this.#resume(waiter, turn, outgoing);
        this.#serveTakers(before, turn, outgoing);
      }
    }
  }

  /** True when the waiter has got an answer. */
  #resume(waiter: Waiter, turn: Turn, outgoing: Outgoing): boolean {
    const { waiters } = this.#options;
    if (waiters.isHeldUp(waiter)) return false;
    const reply = waiter.ending === undefined ? this.#missed.ask(waiter, turn) : waiter.ending;
    const { endpoint, ending, request } = waiter;
    if (reply !== undefined) {
      this.#missed.end(waiter);
      waiters.remove(endpoint.session.id);
      this.#budget.addReplyBytes(replySize(reply));
      const { protocol } = endpoint.session;
      const tellsOf = { dependsOnCommit: ending === undefined, partition: request.partition?.() };
      outgoing.answer(endpoint.session, { reply, protocol, ...tellsOf });
      // What it has sent meanwhile runs now.
      this.#ready.postpone(endpoint);
    }
    outgoing.tell(turn.changes, endpoint.session);
    return reply !== undefined;
  }

  /**
   * Asks those who wait to take something away whether a request, whose changes begin at an index, has brought it. What
   * one of them moves to another key may be what the next one waits for.
   */
  #serveTakers(from: number, turn: Turn, outgoing: Outgoing): void {
    const { waiters } = this.#options;
    const { changes } = turn;
    waiters.touchTakers(changes, from);
    for (let ready = waiters.takeReadyTakers(); ready.length > 0; ready = waiters.takeReadyTakers()) {
      /** What one has found empty, the next one need not look for. */
      const empty = new Set<string>();
      for (const waiter of ready) {
        const { keys, takes } = waiter.request;
        const wanted = keys.map((key) => `${takes} ${key}`);
        if (wanted.every((key) => empty.has(key))) continue;
        const before = changes.length;
        if (this.#resume(waiter, turn, outgoing)) {
          if (changes.length > before) empty.clear();
        } else if (!waiters.isHeldUp(waiter)) for (const key of wanted) empty.add(key);
        waiters.touchTakers(changes, before);
      }
    }
  }

  /** Serves those that are ready until the budget is spent; whatever it is, at least one request runs. */
  #serveReady(turn: Turn, outgoing: Outgoing): void {
    const unfinished: Endpoint[] = [];
    this.#options.stopwatch.read();
    for (const endpoint of this.#ready.take()) {
      if (this.#serve(endpoint, turn, outgoing)) unfinished.push(endpoint);
      if (this.#budget.isSpent) break;
    }
    // Behind those that have had no turn.
    for (const endpoint of unfinished) this.#ready.postpone(endpoint);
  }

  /** True when the endpoint may have further requests, which have to wait. */
  #serve(endpoint: Endpoint, turn: Turn, outgoing: Outgoing): boolean {
    const { session } = endpoint;
    const { waiters } = this.#options;
    this.#servedCount += 1;
    const isFree = !this.#missed.isLoading(endpoint) && !waiters.isWaiting(session.id);
    const hasMore = isFree && this.#runRequests(endpoint, turn, outgoing);
    // It may have closed its side before its request began to wait.
    if (endpoint.isInputEnded && waiters.isWaiting(session.id)) session.isClosing = true;
    if (session.isClosing) outgoing.end(session);
    return hasMore;
  }

  /** True when further requests have to wait. */
  #runRequests(endpoint: Endpoint, turn: Turn, outgoing: Outgoing): boolean {
    const { session } = endpoint;
    const { waiters } = this.#options;
    let bytes = 0;
    for (let count = 0; !session.isClosing; count += 1) {
      if (count === REQUESTS_PER_CONNECTION_MAX || bytes > REPLY_BYTES_PER_CONNECTION_MAX) return true;
      if (count > 0 && this.#budget.isSpent) return true;
      const args = this.#held.next(endpoint, turn.nowMs);
      if (args === undefined) return false;
      const changesBefore = turn.changes.length;
      const outcome = this.#missed.run(endpoint, args, turn);
      if (outcome === undefined) return false;
      if (outcome.waiting === undefined) outgoing.answer(session, outcome);
      outgoing.tell(turn.changes, session);
      if (outcome.waiting !== undefined) {
        waiters.park(endpoint, outcome.waiting);
        session.waitingBytes = bytesOfArguments(args);
        return false;
      }
      this.#serveTakers(changesBefore, turn, outgoing);
      const size = replySize(outcome.reply);
      bytes += size;
      this.#budget.addReplyBytes(size);
    }
    return false;
  }

  /** Lets those go on that were held back, when that has ended. */
  #releaseHeld(): void {
    if (this.#held.size === 0) return;
    for (const endpoint of this.#held.released(this.#options.clock.now())) this.#ready.postpone(endpoint);
  }

  #doDue(turn: Turn): void {
    // While writes are held back or fail, nothing happens by itself.
    if (this.#held.mode(turn.nowMs) !== undefined) return;
    this.#own.run(turn, (partition) => !this.#isOver(partition), {
      countMax: DUE_PER_TURN_MAX,
      isSpent: () => this.#budget.isSpentOfOwnAccord(),
      servesClients: this.#ready.size > 0,
    });
  }

  get #waitsForDue(): boolean {
    return this.#options.waitsForDue === true && this.#own.isLoading;
  }

  /** Commits each part to its store; which of them have refused. */
  #commit(turn: Turn): ReadonlyMap<Partition, Error> | undefined {
    const failures = turn.commit((part) => {
      this.#own.note(part);
      return this.#isOverlapped(part.partition);
    });
    for (const [partition, failure] of failures ?? []) this.#failed(partition, failure);
    return failures;
  }

  /** Whether further turns shall run while the commit of this one goes to disk. */
  #isOverlapped(partition: Partition): boolean {
    // Nobody waits for what happens by itself.
    if (this.#servedCount === 0 || this.#options.alwaysOverlaps === true) return true;
    if (this.#ready.size > 0 || !this.#departures.isEmpty) return true;
    return isSlow(partition);
  }

  #newTurn(): Turn {
    return new Turn(this.#options.server.partitions, this.#options.databaseCount, this.#options.clock.now());
  }

  #arm(): void {
    const wakeMs = this.#isStopped
      ? undefined
      : earlier(this.#nextWakeMs(), this.#options.waiters.nextDeadlineMs);
    if (wakeMs === this.#armedMs) return;
    this.#cancelWake?.();
    this.#armedMs = wakeMs;
    this.#cancelWake = undefined;
    if (wakeMs === undefined) return;
    this.#cancelWake = this.#options.clock.wakeAt(wakeMs, () => {
      this.#armedMs = undefined;
      this.#schedule.ask();
    });
  }

  /** When the next turn is needed though no request comes; waiters have deadlines besides. */
  #nextWakeMs(): number | undefined {
    const { clock, server } = this.#options;
    if (!this.#own.hasNext && this.#held.size === 0) return undefined;
    return server.pause.modeAt(clock.now()) === undefined ? this.#own.nextMs : server.pause.untilMs;
  }
}
