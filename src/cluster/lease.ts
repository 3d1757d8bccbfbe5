/**
 * How a member comes by a partition, keeps it and lets go of it: events in, orders out. No clock, no socket: whoever holds one
 * says what time it is by the member's monotonic clock, sends what is asked for, and serves or stops as it is ordered to.
 *
 *     standby --take, granted--> holding --renew, granted--> holding --runs out, refused, fenced--> standby
 *                                holding --release--> standby
 *
 * What makes it safe:
 * 1. The owner counts its lease from before it asked, and by a margin less than what the database counts, so it stops before
 *    another one can take over as long as the clocks of both run at about the same speed.
 * 2. A take names the epoch that the member has seen. A take that was delayed finds another epoch and changes nothing.
 * 3. An answer counts for the request that waits for it and for no other: one that is late, or comes twice, is dropped. An
 *    outcome that is not known is no grant.
 * 4. Clocks are not relied on for what is written: each commit checks the epoch, and a take raises it (storage/postgres).
 */

export interface LeaseTimes {
  /** How long the database keeps others away after a grant. */
  readonly leaseMs: number;
  /** How much earlier the owner stops. */
  readonly marginMs: number;
  /** How often it asks: the owner for more time, the others whether the partition is free. */
  readonly everyMs: number;
  /** How long an answer may take; then the connection is given up and the outcome is not known. */
  readonly answerMs: number;
  /** How long after a failure the next request waits. */
  readonly retryMs: number;
}

export type LeaseRequest =
  /** To own the partition, if it is free and its epoch is the one that was seen. -1: only to see it. */
  | { readonly kind: "take"; readonly id: number; readonly sentAtMs: number; readonly epoch: number }
  /** To own it for longer. */
  | { readonly kind: "renew"; readonly id: number; readonly sentAtMs: number }
  /** To own it no longer. */
  | { readonly kind: "release"; readonly id: number; readonly sentAtMs: number };

export type LeaseAnswer =
  | { readonly granted: true; readonly epoch: number }
  /** It belongs to another member for so long, by the clock of the database; 0: to none, or a release was carried out. */
  | { readonly granted: false; readonly epoch: number; readonly freeInMs: number };

export type LeaseOrder =
  | { readonly kind: "ask"; readonly request: LeaseRequest }
  /** The request took too long: its connection is not to be used again. */
  | { readonly kind: "drop" }
  /** The member owns the partition: it reads what is there and serves. */
  | { readonly kind: "begin"; readonly epoch: number }
  /** It does not own it any more, and serves nothing from now on. */
  | { readonly kind: "end"; readonly why: LeaseEnd }
  /** It has let go of it, or has given up trying. */
  | { readonly kind: "released" };

export type LeaseEnd = "expired" | "taken" | "lost" | "released";

const UNKNOWN_EPOCH = -1;

export class Lease {
  protected readonly times: LeaseTimes;
  /** The request that waits for its answer. */
  protected pending: LeaseRequest | undefined;
  #lastId = 0;
  #nextAskMs = Number.NEGATIVE_INFINITY;
  #seenEpoch = UNKNOWN_EPOCH;
  /** Until when it holds the partition, by its own clock; undefined: it does not. */
  #untilMs: number | undefined;
  /** "idle": it asks for nothing; "resting": it lets go, and asks for it again later; "leaving": it lets go, and is idle then. */
  #goal: "own" | "idle" | "resting" | "leaving" = "own";
  #restMs = 0;
  /** It does not ask for the partition before. */
  #restUntilMs = Number.NEGATIVE_INFINITY;

  constructor(times: LeaseTimes) {
    this.times = times;
  }

  get isHolding(): boolean {
    return this.#untilMs !== undefined;
  }

  /** Whether a request waits for its answer. */
  get isAsking(): boolean {
    return this.pending !== undefined;
  }

  /** Before this moment of its clock it may serve. */
  get untilMs(): number {
    return this.#untilMs ?? Number.NEGATIVE_INFINITY;
  }

  /** When `tick` has something to do again, if nothing happens before. */
  get wakeAtMs(): number {
    const askMs =
      this.pending !== undefined
        ? this.pending.sentAtMs + this.times.answerMs
        : this.#goal === "idle"
          ? Number.POSITIVE_INFINITY
          : this.#nextAskMs;
    return Math.min(askMs, this.#untilMs ?? Number.POSITIVE_INFINITY);
  }

  /**
   * Time has passed.
   * @param earlyMs so much earlier than need be it may ask, where others ask at the same moment
   */
  tick(nowMs: number, earlyMs = 0): LeaseOrder[] {
    return [...this.#expire(nowMs), ...this.#giveUpWaiting(nowMs), ...this.#ask(nowMs, earlyMs)];
  }

  /**
   * The member wants the partition, which it does not hold.
   * @param epoch the one that was seen of it
   */
  want(epoch: number, nowMs: number): LeaseOrder[] {
    if (this.isHolding || this.#goal === "resting" || this.#goal === "leaving") return [];
    const isNews = this.#goal === "idle" || epoch !== this.#seenEpoch;
    this.#goal = "own";
    if (this.pending === undefined && isNews) {
      this.#seenEpoch = epoch;
      this.#nextAskMs = Math.max(nowMs, this.#restUntilMs);
    }
    return this.tick(nowMs);
  }

  /** The member does not want the partition unless it holds it. A take that is under way may still be granted. */
  idle(): void {
    if (!this.isHolding && this.#goal === "own") this.#goal = "idle";
  }

  answered(id: number, answer: LeaseAnswer, nowMs: number): LeaseOrder[] {
    const orders = this.#expire(nowMs);
    const request = this.pending;
    if (request === undefined || !this.isAnswerTo(request, id)) return [...orders, ...this.tick(nowMs)];
    this.pending = undefined;
    this.#seenEpoch = answer.epoch;
    if (request.kind === "release") orders.push(...this.#released(nowMs));
    else if (answer.granted) orders.push(...this.#granted(request, answer.epoch, nowMs));
    else orders.push(...this.#refused(request, answer.freeInMs, nowMs));
    return [...orders, ...this.tick(nowMs)];
  }

  /** What became of a request is not known. */
  failed(id: number, nowMs: number): LeaseOrder[] {
    if (this.pending !== undefined && this.isAnswerTo(this.pending, id)) {
      this.pending = undefined;
      this.#nextAskMs = nowMs + this.times.retryMs;
    }
    return this.tick(nowMs);
  }

  /** The store reports that the partition is not this member's any more, or cannot go on with it. */
  lost(nowMs: number): LeaseOrder[] {
    const orders = this.#end("lost");
    // What the store has met may meet the next one as well.
    if (orders.length > 0) this.#restUntilMs = nowMs + this.times.retryMs;
    return [...orders, ...this.tick(nowMs)];
  }

  /**
   * The member has ended its work on the partition and lets others have it.
   * @param restMs how long it leaves it to others, when it could not work; infinite: it leaves for good
   */
  release(restMs: number, nowMs: number): LeaseOrder[] {
    this.#goal = restMs === Number.POSITIVE_INFINITY ? "leaving" : "resting";
    this.#restMs = restMs;
    const orders: LeaseOrder[] = this.isHolding ? this.#end("released") : [];
    // A take may be under way, whose grant would keep others waiting: the release follows it.
    this.pending = undefined;
    this.#nextAskMs = nowMs;
    return [...orders, ...this.tick(nowMs)];
  }

  /** Whether an answer is the one that a request waits for. */
  protected isAnswerTo(request: LeaseRequest, id: number): boolean {
    return request.id === id;
  }

  /** Until when the owner may serve after a request was granted. */
  protected servesUntilMs(request: LeaseRequest, _nowMs: number): number {
    return request.sentAtMs + this.times.leaseMs - this.times.marginMs;
  }

  #granted(request: LeaseRequest, epoch: number, nowMs: number): LeaseOrder[] {
    const untilMs = this.servesUntilMs(request, nowMs);
    const isNew = !this.isHolding;
    this.#nextAskMs = request.sentAtMs + this.times.everyMs;
    // The answer took so long that there is nothing left: it asks again.
    if (untilMs <= nowMs) {
      this.#nextAskMs = nowMs;
      return [];
    }
    this.#untilMs = Math.max(untilMs, this.#untilMs ?? untilMs);
    this.#goal = "own";
    return isNew ? [{ kind: "begin", epoch }] : [];
  }

  #refused(request: LeaseRequest, freeInMs: number, nowMs: number): LeaseOrder[] {
    if (request.kind === "renew") return this.#end("taken");
    this.#nextAskMs = nowMs + Math.min(freeInMs, this.times.everyMs);
    // Free, and yet refused: the epoch was another one, which the answer has brought.
    if (freeInMs <= 0 && request.kind === "take" && request.epoch === this.#seenEpoch)
      this.#nextAskMs = nowMs + this.times.retryMs;
    return [];
  }

  #released(nowMs: number): LeaseOrder[] {
    if (this.#goal === "leaving") {
      this.#goal = "idle";
      return [{ kind: "released" }];
    }
    this.#goal = "own";
    this.#nextAskMs = nowMs + this.#restMs;
    return [{ kind: "released" }];
  }

  protected expiresAt(untilMs: number, nowMs: number): boolean {
    return nowMs >= untilMs;
  }

  #expire(nowMs: number): LeaseOrder[] {
    if (this.#untilMs === undefined || !this.expiresAt(this.#untilMs, nowMs)) return [];
    return this.#end("expired");
  }

  #end(why: LeaseEnd): LeaseOrder[] {
    if (!this.isHolding) return [];
    this.#untilMs = undefined;
    // The answer to a renewal must not be taken for that to a take.
    this.pending = undefined;
    // Whether it takes the partition again is decided as for any that is free.
    if (this.#goal === "own") this.#goal = "idle";
    return [{ kind: "end", why }];
  }

  #giveUpWaiting(nowMs: number): LeaseOrder[] {
    if (this.pending === undefined || nowMs < this.pending.sentAtMs + this.times.answerMs) return [];
    this.pending = undefined;
    this.#nextAskMs = nowMs + this.times.retryMs;
    return [{ kind: "drop" }];
  }

  #ask(nowMs: number, earlyMs: number): LeaseOrder[] {
    if (this.pending !== undefined || this.#goal === "idle" || nowMs < this.#nextAskMs - earlyMs) return [];
    this.#lastId += 1;
    this.pending = this.#request({ id: this.#lastId, sentAtMs: nowMs });
    return [{ kind: "ask", request: this.pending }];
  }

  #request(numbered: { readonly id: number; readonly sentAtMs: number }): LeaseRequest {
    if (this.#goal === "resting" || this.#goal === "leaving") return { kind: "release", ...numbered };
    return this.isHolding
      ? { kind: "renew", ...numbered }
      : { kind: "take", ...numbered, epoch: this.#seenEpoch };
  }
}
