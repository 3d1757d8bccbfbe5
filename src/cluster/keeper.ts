/**
 * Drives the lease of a member over real time and a real database: asks what the lease wants asked, wakes it, and keeps the view
 * of the cluster up to date. What to do with the partition is up to whoever holds it (`KeeperOptions`).
 */
import type { LeaseDatabase } from "./database.ts";
import { Lease, type LeaseEnd, type LeaseOrder, type LeaseRequest, type LeaseTimes } from "./lease.ts";
import type { ClusterFacts } from "./view.ts";

export interface Timers {
  monotonicMs(): number;
  /** Calls back after a time; returns a function that takes the call back. */
  after(delayMs: number, callBack: () => void): () => void;
}

export interface KeeperOptions {
  readonly times: LeaseTimes;
  readonly timers: Timers;
  readonly database: LeaseDatabase;
  /** The member owns the partition, under this name. */
  readonly onBegin: (owner: string, epoch: number) => void;
  /** It does not own it any more: nothing may be answered from now on. */
  readonly onEnd: (why: LeaseEnd) => void;
  /** Until when the owner may serve, by its monotonic clock. */
  readonly onServeUntil: (monotonicMs: number) => void;
  readonly onFacts: (facts: ClusterFacts) => void;
  /** The database does not answer, and answers again. */
  readonly onTrouble: (error: Error) => void;
  readonly onRecovered: () => void;
}

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #lease: Lease;
  #cancel: (() => void) | undefined;
  #armedMs: number | undefined;
  #isLooking = false;
  #isLookWanted = false;
  #hasTrouble = false;
  #isStopped = false;
  #onReleased: (() => void) | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#lease = new Lease(options.times);
  }

  get isHolding(): boolean {
    return this.#lease.isHolding;
  }

  start(): void {
    this.#obey(this.#lease.tick(this.#nowMs));
  }

  /** Something has changed, others say. */
  hint(): void {
    if (this.#isStopped) return;
    this.#obey(this.#lease.hinted(this.#nowMs));
    this.look();
  }

  /** The store says that the partition is lost. */
  lost(): void {
    this.#obey(this.#lease.lost(this.#nowMs));
  }

  /**
   * Others may have the partition; resolves when the database has it, or after a while without an answer.
   * @param restMs how long the member leaves it to others; infinite: for good
   */
  async release(restMs: number): Promise<void> {
    const { times, timers } = this.#options;
    await new Promise<void>((resolve) => {
      const cancel = timers.after(times.leaseMs, resolve);
      this.#onReleased = () => {
        cancel();
        resolve();
      };
      this.#obey(this.#lease.release(restMs, this.#nowMs));
    });
  }

  /** Asks nothing further. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  /** Reads who the members are and who owns what; at most one such reading is under way. */
  look(): void {
    if (this.#isStopped) return;
    if (this.#isLooking) {
      this.#isLookWanted = true;
      return;
    }
    this.#isLooking = true;
    this.#options.database
      .look()
      .then((facts) => this.#options.onFacts(facts))
      .catch(() => undefined)
      .finally(() => {
        this.#isLooking = false;
        const isWanted = this.#isLookWanted;
        this.#isLookWanted = false;
        if (isWanted) this.look();
      });
  }

  get #nowMs(): number {
    return this.#options.timers.monotonicMs();
  }

  #obey(orders: readonly LeaseOrder[]): void {
    const { database, onBegin, onEnd } = this.#options;
    this.#options.onServeUntil(this.#lease.untilMs);
    for (const order of orders) {
      if (order.kind === "drop") database.drop();
      if (order.kind === "end") onEnd(order.why);
      if (order.kind === "begin") onBegin(database.owner, order.epoch);
      if (order.kind === "released") this.#onReleased?.();
      if (order.kind === "ask") this.#ask(order.request);
    }
    this.#arm();
  }

  #ask(request: LeaseRequest): void {
    if (this.#isStopped) return;
    this.#options.database.ask(request).then(
      (answer) => {
        if (this.#hasTrouble) this.#options.onRecovered();
        this.#hasTrouble = false;
        this.#obey(this.#lease.answered(request.id, answer, this.#nowMs));
        this.look();
      },
      (error) => {
        if (!this.#hasTrouble && !this.#isStopped)
          this.#options.onTrouble(error instanceof Error ? error : new Error(String(error)));
        this.#hasTrouble = true;
        this.#obey(this.#lease.failed(request.id, this.#nowMs));
      },
    );
  }

  #arm(): void {
    const wakeAtMs = this.#lease.wakeAtMs;
    if (wakeAtMs === this.#armedMs || this.#isStopped) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armedMs = wakeAtMs;
    if (wakeAtMs === Number.POSITIVE_INFINITY) return;
    this.#cancel = this.#options.timers.after(Math.max(0, wakeAtMs - this.#nowMs), () => {
      this.#armedMs = undefined;
      // After a stall timers come before what has arrived meanwhile: an answer that is there is read first.
      setImmediate(() => {
        if (!this.#isStopped) this.#obey(this.#lease.tick(this.#nowMs));
      });
    });
  }
}
