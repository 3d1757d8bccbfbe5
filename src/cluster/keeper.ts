/**
 * Drives the leases of a member over real time and a real database: asks in one statement what several of them ask, wakes them,
 * looks at the cluster, and wants what the member's share is. What to do with a partition is up to whoever holds it
 * (`KeeperOptions`).
 */
import type { Asked, LeaseDatabase, Sight } from "./database.ts";
import { Lease, type LeaseAnswer, type LeaseEnd, type LeaseOrder, type LeaseTimes } from "./lease.ts";
import { Quiet } from "./quiet.ts";
import type { Shares } from "./shares.ts";
import { factsOf, freedOf } from "./sight.ts";
import type { Timers } from "./timers.ts";
import type { ClusterFacts } from "./view.ts";

export interface KeeperOptions {
  /** The member. */
  readonly id: string;
  readonly times: LeaseTimes;
  readonly timers: Timers;
  readonly database: LeaseDatabase;
  /** What of the cluster the member takes and gives. */
  readonly share: (sight: Sight, nowMs: number) => Shares;
  /** The member owns a partition, under this name. */
  readonly onBegin: (partition: number, owner: string, epoch: number) => void;
  /** It does not own it any more: nothing of it may be answered from now on. */
  readonly onEnd: (partition: number, why: LeaseEnd) => void;
  /** Another member is to have a partition that this one owns: it is released when all work on it has ended. */
  readonly onGive: (partition: number) => void;
  /** Until when the owner may serve a partition, by its monotonic clock. */
  readonly onServeUntil: (partition: number, monotonicMs: number) => void;
  readonly onFacts: (facts: ClusterFacts) => void;
  /** The database does not answer, and answers again. */
  readonly onTrouble: (error: Error) => void;
  readonly onRecovered: () => void;
  /** Instead of `Lease`: for tests. */
  readonly newLease?: (times: LeaseTimes) => Lease;
}

/** A lease that asks now takes others along that were to ask soon. */
const EARLY_SHARE = 4;

interface Kept {
  readonly partition: number;
  readonly lease: Lease;
  /** How the row names the member since the last grant. */
  owner: string;
  onReleased: (() => void) | undefined;
}

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #kept = new Map<number, Kept>();
  #asking: { readonly kept: Kept; readonly asked: Asked }[] = [];
  #cancel: (() => void) | undefined;
  #armedMs: number | undefined;
  #nextLookMs = Number.POSITIVE_INFINITY;
  #isLooking = false;
  #isLookWanted = false;
  #hasTrouble = false;
  #isStopped = false;
  #takes = true;
  readonly #quiet = new Quiet(() => this.#isAsking);

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  isHolding(partition: number): boolean {
    return this.#kept.get(partition)?.lease.isHolding === true;
  }

  /** @param sight the first look at the cluster */
  start(sight: Sight): void {
    this.#see(sight);
    this.#arm();
  }

  /** Something has changed, others say. */
  hint(): void {
    this.look();
  }

  /** The store says that a partition is lost. */
  lost(partition: number): void {
    this.#with(partition, (lease) => lease.lost(this.#nowMs));
  }

  /** The member takes partitions, or only keeps what it has. */
  setTaking(takes: boolean): void {
    this.#takes = takes;
    this.look();
  }

  /** Others may have a partition; resolves when the database has it, or after a while without an answer. */
  async release(partition: number): Promise<void> {
    const { times, timers } = this.#options;
    const kept = this.#keep(partition);
    await new Promise<void>((resolve) => {
      const cancel = timers.after(times.leaseMs, resolve);
      kept.onReleased = () => {
        cancel();
        resolve();
      };
      this.#with(partition, (lease) => lease.release(Number.POSITIVE_INFINITY, this.#nowMs));
    });
  }

  /** Asks nothing further. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#quiet.look();
  }

  /** Resolves when no request waits for its answer. */
  quiet(): Promise<void> {
    return this.#quiet.come();
  }

  /** Reads who the members are and who owns what; at most one such reading is under way. */
  look(): void {
    if (this.#isStopped) return;
    if (this.#isLooking) {
      this.#isLookWanted = true;
      return;
    }
    const { database, times, timers } = this.#options;
    this.#isLooking = true;
    this.#nextLookMs = this.#nowMs + times.everyMs;
    const giveUp = timers.after(times.answerMs, () => database.drop());
    database
      .look(this.#takes)
      .then(
        (sight) => {
          this.#answers();
          this.#see(sight);
        },
        (error) => {
          this.#troubled(error);
          this.#nextLookMs = this.#nowMs + times.retryMs;
        },
      )
      .finally(() => {
        giveUp();
        this.#isLooking = false;
        const isWanted = this.#isLookWanted;
        this.#isLookWanted = false;
        if (isWanted) this.look();
        this.#arm();
      });
  }

  get #isAsking(): boolean {
    if (this.#isStopped) return false;
    return this.#isLooking || [...this.#kept.values()].some(({ lease }) => lease.isAsking);
  }

  get #nowMs(): number {
    return this.#options.timers.monotonicMs();
  }

  #see(sight: Sight): void {
    if (this.#isStopped) return;
    const { id, times, onFacts, onGive, share } = this.#options;
    const nowMs = this.#nowMs;
    for (const { partition } of sight.partitions) this.#keep(partition);
    onFacts(factsOf(sight));
    const { take, give } = share(
      freedOf(sight, id, (partition) => this.isHolding(partition)),
      nowMs,
    );
    const wanted = new Set(take);
    for (const { partition, epoch } of sight.partitions) {
      const kept = this.#keep(partition);
      if (wanted.has(partition)) this.#obey(kept, kept.lease.want(epoch, nowMs));
      else kept.lease.idle();
    }
    const isFree = sight.partitions.some(({ ownerId }) => ownerId === undefined);
    // The end of another's lease is looked at when it is due.
    const waitMs = Math.min(times.everyMs, sight.freeInMs + 1, isFree ? times.retryMs : times.everyMs);
    this.#nextLookMs = Math.min(this.#nextLookMs, nowMs + waitMs);
    if (give !== undefined && this.isHolding(give)) onGive(give);
    this.#send();
  }

  #keep(partition: number): Kept {
    const known = this.#kept.get(partition);
    if (known !== undefined) return known;
    const { times, newLease } = this.#options;
    const lease = newLease === undefined ? new Lease(times) : newLease(times);
    const kept = { partition, lease, owner: "", onReleased: undefined };
    lease.idle();
    this.#kept.set(partition, kept);
    return kept;
  }

  #with(partition: number, work: (lease: Lease) => LeaseOrder[]): void {
    const kept = this.#keep(partition);
    this.#obey(kept, work(kept.lease));
    this.#send();
    this.#arm();
  }

  #tick(): void {
    const nowMs = this.#nowMs;
    const earlyMs = this.#options.times.everyMs / EARLY_SHARE;
    for (const kept of this.#kept.values()) this.#obey(kept, kept.lease.tick(nowMs, earlyMs));
    this.#send();
    if (nowMs >= this.#nextLookMs) this.look();
  }

  #obey(kept: Kept, orders: readonly LeaseOrder[]): void {
    const { database, onBegin, onEnd, onServeUntil, id } = this.#options;
    const { partition, lease } = kept;
    if (lease.isHolding) onServeUntil(partition, lease.untilMs);
    for (const order of orders) {
      if (order.kind === "drop") database.drop();
      if (order.kind === "end") {
        onEnd(partition, order.why);
        this.#nextLookMs = this.#nowMs;
      }
      if (order.kind === "begin") onBegin(partition, kept.owner, order.epoch);
      if (order.kind === "released") kept.onReleased?.();
      if (order.kind !== "ask") continue;
      const { request } = order;
      const owner = request.kind === "take" ? `${id}:${request.id}` : kept.owner;
      this.#asking.push({ kept, asked: { partition, request, owner } });
    }
  }

  /** Sends what is asked, in one statement for each kind. */
  #send(): void {
    const asking = this.#asking;
    if (asking.length === 0 || this.#isStopped) return;
    this.#asking = [];
    // What is released comes first: it is for others.
    for (const kind of ["release", "renew", "take"] as const) {
      const batch = asking.filter(({ asked }) => asked.request.kind === kind);
      if (batch.length === 0) continue;
      const asked = batch.map((one) => one.asked);
      this.#options.database.ask(kind, asked).then(
        (answers) => {
          this.#answers();
          for (const one of batch) this.#answered(one.kept, one.asked, answers.get(one.asked.partition));
          this.#send();
          this.#arm();
          if (kind !== "renew") this.look();
        },
        (error) => {
          this.#troubled(error);
          for (const one of batch) this.#answered(one.kept, one.asked, undefined);
          this.#send();
          this.#arm();
        },
      );
    }
  }

  /** @param answer undefined: it is not known what came of the request */
  #answered(kept: Kept, { request, owner }: Asked, answer: LeaseAnswer | undefined): void {
    const nowMs = this.#nowMs;
    if (answer === undefined) {
      this.#obey(kept, kept.lease.failed(request.id, nowMs));
      return;
    }
    const wasHolding = kept.lease.isHolding;
    const orders = kept.lease.answered(request.id, answer, nowMs);
    if (!wasHolding && kept.lease.isHolding) kept.owner = owner;
    this.#obey(kept, orders);
  }

  #answers(): void {
    if (this.#hasTrouble) this.#options.onRecovered();
    this.#hasTrouble = false;
  }

  #troubled(error: unknown): void {
    if (!this.#hasTrouble && !this.#isStopped)
      this.#options.onTrouble(error instanceof Error ? error : new Error(String(error)));
    this.#hasTrouble = true;
  }

  #arm(): void {
    if (this.#isStopped) return;
    this.#quiet.look();
    let wakeAtMs = this.#nextLookMs;
    for (const { lease } of this.#kept.values()) wakeAtMs = Math.min(wakeAtMs, lease.wakeAtMs);
    if (wakeAtMs === this.#armedMs) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armedMs = wakeAtMs;
    if (wakeAtMs === Number.POSITIVE_INFINITY) return;
    this.#cancel = this.#options.timers.after(Math.max(0, wakeAtMs - this.#nowMs), () => {
      this.#armedMs = undefined;
      if (this.#isStopped) return;
      this.#tick();
      this.#arm();
    });
  }
}
