/**
 * A member in the simulation: the lease as it is, and a server that is a counter of what it has committed. Requests of clients
 * append a value or read how many there are; a reply leaves when all before it is in the journal.
 */
import { Lease, type LeaseOrder, type LeaseTimes } from "../../../src/cluster/lease.ts";
import { LEASE_BUGS } from "./bugs.ts";
import { type Database, type Row, type StoreAnswer, type StoreStatement, Violation } from "./database.ts";
import type { Network } from "./network.ts";
import type { Timeline } from "./timeline.ts";

/** What can be wrong with how a member commits. */
export type ServerBug =
  | "an unknown commit counts as done"
  | "an unknown commit is sent again"
  | "a fenced commit counts as done"
  | "replies before the commit"
  | "serves before it has read the journal"
  | "goes on by the epoch that has fenced it"
  | "carries on beside a carry that is not known to have failed";

export interface MemberOptions {
  readonly id: string;
  readonly timeline: Timeline;
  readonly network: Network;
  readonly database: Database;
  readonly times: LeaseTimes;
  readonly random: () => number;
  /** How fast its clock goes, of real time. */
  readonly rate: number;
  /** Its clock stands while it is stopped, as that of a machine that is suspended does. */
  readonly isSuspended: boolean;
  readonly bug: string | undefined;
}

/** One time that the member owns the partition. */
interface Run {
  epoch: number;
  isServing: boolean;
  /** The last sequence that requests have seen in memory, and the last one that is known to be in the journal. */
  position: number;
  settled: number;
  /** Rows that are in memory and not known to be in the journal, in order. */
  unsettled: Row[];
  isInserting: boolean;
  isCarrying: boolean;
  /** Replies, in order: each waits for a sequence. */
  replies: { readonly position: number; readonly send: () => void }[];
}

const STORE_ANSWER_MS = 500;
const CARRY_EVERY = 10;

export class Member {
  readonly id: string;
  readonly #options: MemberOptions;
  readonly #lease: Lease;
  readonly #offsetMs: number;
  #run: Run | undefined;
  #pausedUntilMs = 0;
  /** For how long its clock has stood. */
  #stoodMs = 0;
  #isDead = false;
  #armedMs = Number.POSITIVE_INFINITY;
  requestCount = 0;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.id = options.id;
    this.#offsetMs = options.random() * 1e6;
    const variant = options.bug === undefined ? undefined : LEASE_BUGS.get(options.bug);
    this.#lease = new (variant ?? Lease)(options.times);
    this.#wake();
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  get isPaused(): boolean {
    return this.#options.timeline.nowMs < this.#pausedUntilMs;
  }

  /** Whether it would answer a client at this moment. */
  get serves(): boolean {
    return !this.#isDead && !this.isPaused && this.#maySend;
  }

  kill(): void {
    this.#isDead = true;
    this.#run = undefined;
  }

  pause(ms: number): void {
    if (this.isPaused) return;
    this.#pausedUntilMs = this.#options.timeline.nowMs + ms;
    if (this.#options.isSuspended) this.#stoodMs += ms;
  }

  /** Lets what the member does happen: when it is running again, if it is paused; never, if it is dead. */
  enter(happen: () => void): void {
    const { timeline, random } = this.#options;
    if (this.#isDead) return;
    // What has come meanwhile is read in no order that one could rely on.
    if (this.isPaused)
      timeline.after(this.#pausedUntilMs - timeline.nowMs + random(), () => this.enter(happen));
    else happen();
  }

  hint(): void {
    this.enter(() => this.#obey(this.#lease.hinted(this.#nowMs)));
  }

  /** It ends in order: its partition is free at once. */
  leave(): void {
    this.enter(() => this.#obey(this.#lease.release(Number.POSITIVE_INFINITY, this.#nowMs)));
  }

  append(value: number): void {
    this.enter(() => {
      const run = this.#run;
      if (run === undefined || !this.#maySend) return;
      run.position += 1;
      const sequence = run.position;
      run.unsettled.push({ sequence, epoch: run.epoch, value });
      const send = () => this.#options.database.acknowledge(sequence, value);
      if (this.#options.bug === "replies before the commit") send();
      else run.replies.push({ position: sequence, send });
      this.#insert(run);
    });
  }

  /** A client asks how many values there are; there must be all that were acknowledged before it asked. */
  read(): void {
    const { database } = this.#options;
    const least = database.acknowledgedMax;
    this.enter(() => {
      const run = this.#run;
      if (run === undefined || !this.#maySend) return;
      const { position } = run;
      const send = () => {
        // A suspension shows in no clock: only what is written is safe from it.
        if (position < least && !this.#options.isSuspended)
          throw new Violation(`${this.id} reads ${position} values of ${least}`);
      };
      run.replies.push({ position, send });
      this.#reply(run);
    });
  }

  get #nowMs(): number {
    const { timeline, rate } = this.#options;
    return this.#offsetMs + (timeline.nowMs - this.#stoodMs) * rate;
  }

  get #maySend(): boolean {
    return this.#run?.isServing === true && this.#nowMs < this.#lease.untilMs;
  }

  #wake(): void {
    const { timeline, rate, random } = this.#options;
    const wakeAtMs = this.#lease.wakeAtMs;
    if (wakeAtMs === this.#armedMs) return;
    this.#armedMs = wakeAtMs;
    const waitMs = (wakeAtMs - this.#nowMs) / rate;
    if (!Number.isFinite(waitMs) && waitMs > 0) return;
    timeline.after(Math.max(waitMs, 0) + random() * 2, () => {
      this.enter(() => {
        if (this.#armedMs !== wakeAtMs) return;
        this.#armedMs = Number.POSITIVE_INFINITY;
        this.#obey(this.#lease.tick(this.#nowMs));
      });
    });
  }

  #obey(orders: readonly LeaseOrder[]): void {
    for (const order of orders) {
      if (order.kind === "ask") this.#ask(order.request);
      if (order.kind === "end") this.#run = undefined;
      if (order.kind === "begin") this.#begin(order.epoch);
      if (order.kind === "released") this.#options.network.hintAll(this);
    }
    this.#wake();
  }

  #ask(request: Parameters<Database["lease"]>[1]): void {
    const { network, database } = this.#options;
    this.requestCount += 1;
    network.ask(this, {
      carryOut: () => database.lease(this.id, request),
      answered: (answer) => this.#obey(this.#lease.answered(request.id, answer, this.#nowMs)),
      failed: () => this.#obey(this.#lease.failed(request.id, this.#nowMs)),
    });
  }

  #begin(epoch: number): void {
    const run: Run = {
      epoch,
      isServing: this.#options.bug === "serves before it has read the journal",
      position: 0,
      settled: 0,
      unsettled: [],
      isInserting: false,
      isCarrying: false,
      replies: [],
    };
    this.#run = run;
    this.#query(run, { kind: "read", epoch, from: undefined }, (answer) => {
      if (answer?.kind !== "content") return this.#lost(run);
      run.settled = answer.mark + answer.rows.length;
      run.position = Math.max(run.position, run.settled);
      run.isServing = true;
    });
  }

  /** At most one insert is under way, and takes all that have come meanwhile. */
  #insert(run: Run): void {
    if (run.isInserting || run.unsettled.length === 0) return;
    run.isInserting = true;
    const rows = run.unsettled.map((row) => ({ ...row, epoch: run.epoch }));
    const settle = () => {
      run.isInserting = false;
      run.settled = rows.at(-1)?.sequence ?? run.settled;
      run.unsettled = run.unsettled.slice(rows.length);
      this.#reply(run);
      this.#insert(run);
      if (run.settled % CARRY_EVERY < rows.length) this.#carry(run);
    };
    this.#query(run, { kind: "insert", epoch: run.epoch, rows }, (answer) => {
      if (answer?.kind === "done") return settle();
      const { bug } = this.#options;
      if (answer === undefined && bug === "an unknown commit counts as done") return settle();
      if (answer?.kind === "fenced" && bug === "a fenced commit counts as done") return settle();
      run.isInserting = false;
      if (answer?.kind === "fenced") {
        if (bug !== "goes on by the epoch that has fenced it") return this.#lost(run);
        run.epoch = answer.epoch;
        return this.#insert(run);
      }
      if (bug === "an unknown commit is sent again") return this.#sendAgain(run);
      this.#resolve(run, rows);
    });
  }

  /** The fault: what may have been committed already is committed under further sequences. */
  #sendAgain(run: Run): void {
    const shift = run.unsettled.length;
    run.unsettled = run.unsettled.map((row) => ({ ...row, sequence: row.sequence + shift }));
    run.position += shift;
    this.#insert(run);
  }

  /** The outcome of an insert is not known: nothing that is under way may succeed later, then what is there is looked at. */
  #resolve(run: Run, rows: readonly Row[]): void {
    run.isInserting = true;
    this.#query(run, { kind: "bump", epoch: run.epoch }, (bumped) => {
      if (bumped?.kind !== "done") return this.#lost(run);
      run.epoch = bumped.epoch;
      this.#query(run, { kind: "read", epoch: run.epoch, from: rows[0]?.sequence }, (answer) => {
        if (answer?.kind !== "content") return this.#lost(run);
        run.isInserting = false;
        const found = answer.rows.length;
        run.settled += found;
        run.unsettled = run.unsettled.slice(found);
        this.#reply(run);
        this.#insert(run);
      });
    });
  }

  /** One at a time: one that is late must not come behind the next one, with what was there before. */
  #carry(run: Run): void {
    const isBlind = this.#options.bug === "carries on beside a carry that is not known to have failed";
    if (run.isCarrying && !isBlind) return;
    run.isCarrying = true;
    this.#query(run, { kind: "carry", epoch: run.epoch, mark: run.settled }, (answer) => {
      run.isCarrying = false;
      // Another run begins with another epoch, which keeps the late one from doing anything.
      if (answer === undefined && !isBlind) this.#lost(run);
    });
  }

  #reply(run: Run): void {
    while (run.replies.length > 0) {
      const [next] = run.replies;
      if (next === undefined || next.position > run.settled) return;
      if (this.#run !== run || !this.#maySend) return;
      run.replies.shift();
      next.send();
    }
  }

  #lost(run: Run): void {
    if (this.#run === run) this.#obey(this.#lease.lost(this.#nowMs));
  }

  /** Calls back once, and not at all when the run has ended; undefined: the outcome is not known. */
  #query(run: Run, statement: StoreStatement, back: (answer: StoreAnswer | undefined) => void): void {
    const { network, database, timeline } = this.#options;
    let isOver = false;
    const once = (answer: StoreAnswer | undefined) => {
      if (isOver || this.#run !== run) return;
      isOver = true;
      back(answer);
    };
    network.ask(this, {
      carryOut: () => database.store(this.id, statement),
      answered: once,
      failed: () => once(undefined),
    });
    timeline.after(STORE_ANSWER_MS, () => this.enter(() => once(undefined)));
  }
}
