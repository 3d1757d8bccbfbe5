/** A member in the simulation: leases, keeper and policy as they are, and servers that are counters (`Tenure`). */
import type { Asked, LeaseDatabase, Sight } from "../../../src/cluster/database.ts";
import { Keeper } from "../../../src/cluster/keeper.ts";
import { Lease, type LeaseAnswer, type LeaseTimes } from "../../../src/cluster/lease.ts";
import { SharePolicy, type Shares, type ShareTimes } from "../../../src/cluster/shares.ts";
import { Takeovers } from "../../../src/cluster/takeovers.ts";
import type { Timers } from "../../../src/cluster/timers.ts";
import { ALL_WITHOUT_A_REST, LEASE_BUGS, SHARE_BUGS, TAKEOVER_BUGS } from "./bugs.ts";
import type { Database } from "./database.ts";
import type { Network, Reached } from "./network.ts";
import { Tenure } from "./tenure.ts";
import type { Timeline } from "./timeline.ts";

/** A processor that has so much else to do that all takes its time, one after the other. */
export interface Slowness {
  /** Whatever comes, a message or a timer. */
  readonly stepMs: number;
  /** Part of the journal of a partition, and how many there are. */
  readonly sliceMs: number;
  readonly slices: number;
}

/** Round trips until a connection stands that was dropped. */
const CONNECTING_TRIPS = 4;

export interface MemberOptions {
  readonly id: string;
  readonly timeline: Timeline;
  readonly network: Network;
  readonly database: Database;
  readonly times: LeaseTimes;
  readonly shareTimes: ShareTimes;
  readonly random: () => number;
  /** How fast its clock goes, of real time. */
  readonly rate: number;
  /** Its clock stands while it is stopped, as that of a machine that is suspended does. */
  readonly isSuspended: boolean;
  readonly bug: string | undefined;
  readonly slowness?: Slowness;
}

export class Member implements Reached {
  readonly id: string;
  readonly #options: MemberOptions;
  readonly #keeper: Keeper;
  readonly #offsetMs: number;
  readonly #tenures = new Map<number, Tenure>();
  /** Until when it may serve, by partition. */
  readonly #untilMs = new Map<number, number>();
  readonly #takeovers: Takeovers;
  #busyUntilMs = 0;
  #connecting: Promise<void> | undefined;
  #pausedUntilMs = 0;
  /** For how long its clock has stood. */
  #stoodMs = 0;
  #isDead = false;
  requestCount = 0;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.id = options.id;
    this.#offsetMs = options.random() * 1e6;
    const { bug = "", times, shareTimes } = options;
    const policy = new (SHARE_BUGS.get(bug) ?? SharePolicy)(this.id, shareTimes);
    this.#takeovers = new (TAKEOVER_BUGS.get(bug) ?? Takeovers)();
    const variant = LEASE_BUGS.get(bug) ?? Lease;
    this.#keeper = new Keeper({
      id: this.id,
      times,
      timers: this.#timers(),
      database: this.#edge(),
      share: (sight, nowMs): Shares => this.#takeovers.limited(policy.decide(sight, nowMs)),
      newLease: (leaseTimes) => new variant(leaseTimes),
      onBegin: (partition, _owner, epoch) => void this.#takeOver(partition, epoch),
      onEnd: (partition) => this.#end(partition),
      onGive: (partition) => this.#give(partition),
      onServeUntil: (partition, monotonicMs) => this.#untilMs.set(partition, monotonicMs),
      onFacts: () => undefined,
      onTrouble: () => undefined,
      onRecovered: () => undefined,
    });
    this.#keeper.look();
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  get isPaused(): boolean {
    return this.#options.timeline.nowMs < this.#pausedUntilMs;
  }

  /** Whether it would answer a client at this moment. */
  serves(partition: number): boolean {
    return !this.#isDead && !this.isPaused && this.#tenures.get(partition)?.serves === true;
  }

  /** How many partitions it would answer for. */
  get share(): number {
    return [...this.#tenures.keys()].filter((partition) => this.serves(partition)).length;
  }

  kill(): void {
    this.#isDead = true;
    this.#tenures.clear();
    this.#keeper.stop();
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
    else if (this.#options.slowness === undefined) happen();
    else this.#work(this.#options.slowness.stepMs, happen);
  }

  /** The processor does one thing after the other. */
  #work(ms: number, happen: () => void): void {
    const { timeline } = this.#options;
    this.#busyUntilMs = Math.max(this.#busyUntilMs, timeline.nowMs) + ms;
    timeline.after(this.#busyUntilMs - timeline.nowMs, () => {
      if (!this.#isDead) happen();
    });
  }

  hint(): void {
    this.enter(() => this.#keeper.hint());
  }

  /** It ends in order: its partitions are free as soon as all is committed. */
  leave(): void {
    this.enter(() => {
      this.#keeper.setTaking(false);
      for (const partition of this.#options.database.partitions.keys())
        if (this.#keeper.isHolding(partition)) this.#give(partition);
    });
  }

  append(partition: number, value: number): void {
    this.enter(() => this.#tenures.get(partition)?.append(value));
  }

  /** A client asks how many values there are; there must be all that were acknowledged before it asked. */
  read(partition: number): void {
    const least = this.#options.database.row(partition).acknowledgedMax;
    this.enter(() => this.#tenures.get(partition)?.read(least));
  }

  get #nowMs(): number {
    const { timeline, rate } = this.#options;
    return this.#offsetMs + (timeline.nowMs - this.#stoodMs) * rate;
  }

  #timers(): Timers {
    const { timeline, rate, random } = this.#options;
    return {
      monotonicMs: () => this.#nowMs,
      after: (delayMs, callBack) => {
        let isCancelled = false;
        timeline.after(delayMs / rate + random() * 2, () =>
          this.enter(() => {
            if (!isCancelled) callBack();
          }),
        );
        return () => {
          isCancelled = true;
        };
      },
    };
  }

  #edge(): LeaseDatabase {
    const { network, database } = this.#options;
    // Who drops a connection waits for no look any more. A late answer to a lease may come all the same: it must not count.
    const looks = new Set<(error: Error) => void>();
    const trip = <Answer>(carryOut: () => Answer) =>
      new Promise<Answer>((resolve, reject) => {
        network.ask(this, {
          carryOut,
          answered: resolve,
          failed: () => reject(new Error("the connection broke")),
        });
      });
    const connect = async () => {
      for (let trips = 0; trips < CONNECTING_TRIPS; trips += 1) await trip(() => undefined);
    };
    const send = <Answer>(carryOut: () => Answer, isLook: boolean) =>
      new Promise<Answer>((resolve, reject) => {
        this.requestCount += 1;
        if (isLook) looks.add(reject);
        if (this.#options.slowness === undefined) trip(carryOut).then(resolve, reject);
        else {
          this.#connecting ??= connect();
          this.#connecting.then(() => trip(carryOut)).then(resolve, reject);
        }
      });
    return {
      ask: (kind, asked: readonly Asked[]): Promise<ReadonlyMap<number, LeaseAnswer>> =>
        send(() => {
          const answers = database.lease(this.id, asked);
          if (kind !== "renew") network.hintAll(this);
          return answers;
        }, false),
      look: (takes): Promise<Sight> => send(() => database.look(this.id, takes), true),
      leave: async () => database.leave(this.id),
      drop: () => {
        for (const reject of looks) reject(new Error("the connection is dropped"));
        looks.clear();
        this.#connecting = undefined;
      },
      close: async () => undefined,
    };
  }

  async #takeOver(partition: number, epoch: number): Promise<void> {
    await this.#takeovers.pass(async () => {
      if (this.#isDead || !this.#keeper.isHolding(partition)) return true;
      const tenure = this.#begin(partition, epoch);
      await tenure.whenRead;
      return tenure.isRead || tenure.isLeaving;
    });
    if (!this.#isDead) this.#keeper.hint();
  }

  /** What the member does to have a partition in memory. */
  async #replay(isOver: () => boolean): Promise<void> {
    const { slowness, bug } = this.#options;
    for (let slice = 0; slice < (slowness?.slices ?? 0) && !isOver(); slice += 1) {
      if (bug !== ALL_WITHOUT_A_REST) await this.#keeper.quiet();
      await new Promise<void>((resolve) => this.#work(slowness?.sliceMs ?? 0, resolve));
    }
  }

  #begin(partition: number, epoch: number): Tenure {
    const { network, database, timeline, isSuspended, bug } = this.#options;
    const tenure: Tenure = new Tenure({
      replay: (isOver) => this.#replay(isOver),
      member: this,
      epoch,
      row: database.row(partition),
      network,
      after: (ms, happen) => timeline.after(ms, () => this.enter(happen)),
      maySend: () => this.#nowMs < this.#serveUntilMs(partition),
      onLost: () => {
        if (this.#tenures.get(partition) === tenure) this.#keeper.lost(partition);
      },
      isSuspended,
      bug,
    });
    this.#tenures.set(partition, tenure);
    return tenure;
  }

  #serveUntilMs(partition: number): number {
    if (this.#options.bug === "serves all by the lease of one") return Math.max(...this.#untilMs.values());
    return this.#untilMs.get(partition) ?? Number.NEGATIVE_INFINITY;
  }

  #end(partition: number): void {
    const tenure = this.#tenures.get(partition);
    if (this.#options.bug === "answers after it has released" && tenure?.isLeaving === true) return;
    // It goes on until it is fenced, where the fault is that one lease counts for all.
    if (this.#options.bug === "serves all by the lease of one" && this.#tenures.size > 1) return;
    tenure?.end();
    this.#tenures.delete(partition);
    this.#untilMs.delete(partition);
  }

  #give(partition: number): void {
    const release = () => void this.#keeper.release(partition);
    const tenure = this.#tenures.get(partition);
    if (tenure === undefined) release();
    else tenure.leave(release);
  }
}
