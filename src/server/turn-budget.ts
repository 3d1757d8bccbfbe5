/**
 * How much one turn of the executor may do, in time and in bytes of replies. A turn that has spent its budget commits
 * and sends what there is; whoever is left has the next turn. A single request or timer is never cut: each has bounds
 * of its own, and EXEC is one request.
 */
import type { Stopwatch } from "../base/stopwatch.ts";

/** Longer than this nobody waits because of others, commit and the rest of a request that was begun excepted. */
const TURN_MS_MAX = 10;
/**
 * The same where small requests come beside the pipelines of others. The reply to one waits for the rest of the turn at
 * hand, for its own, and for the next, at whose end the sync is noticed. More turns are more syncs: pipelines that are alone have long ones.
 */
const MIXED_TURN_MS_MAX = 2.5;
/** How long turns stay short after the last small request: who has sent one is likely to send another. */
const MIXED_MS = 100;
/** Replies that wait for the commit are held in memory. */
const REPLY_BYTES_MAX = 16 << 20;

/** Requests of one connection in one turn; what is left waits for the next turn, so that others get theirs. */
export const REQUESTS_PER_CONNECTION_MAX = 1024;
/** Bytes of replies a connection may collect in one turn before its further requests wait. */
export const REPLY_BYTES_PER_CONNECTION_MAX = 1 << 20;

export class TurnBudget {
  readonly #stopwatch: Stopwatch;
  #startedMs = 0;
  #msMax = TURN_MS_MAX;
  #mixedUntilMs = 0;
  #replyBytes = 0;

  constructor(stopwatch: Stopwatch) {
    this.#stopwatch = stopwatch;
  }

  /** A turn begins. @param isMixed whether somebody waits for a small request beside the pipelines of others */
  begin(isMixed: boolean): void {
    this.#startedMs = this.#stopwatch.read();
    if (isMixed) this.#mixedUntilMs = this.#startedMs + MIXED_MS;
    this.#msMax = this.#startedMs < this.#mixedUntilMs ? MIXED_TURN_MS_MAX : TURN_MS_MAX;
    this.#replyBytes = 0;
  }

  /** Reads the clock: how many milliseconds the turn has taken. */
  end(): number {
    return this.#stopwatch.read() - this.#startedMs;
  }

  /** Of the turn so far. */
  get replyBytes(): number {
    return this.#replyBytes;
  }

  addReplyBytes(bytes: number): void {
    this.#replyBytes += bytes;
  }

  /** Whether requests have to wait for the next turn, by the last reading of the stopwatch. */
  get isSpent(): boolean {
    return this.#isBeyond(this.#msMax);
  }

  /**
   * Reads the clock: whether what happens of its own accord, timers, expiries and waits that end, has to wait for the next turn.
   * Half of the time is for requests.
   */
  isSpentOfOwnAccord(): boolean {
    this.#stopwatch.read();
    return this.#isBeyond(this.#msMax / 2);
  }

  #isBeyond(ms: number): boolean {
    return this.#stopwatch.lastMs - this.#startedMs >= ms || this.#replyBytes >= REPLY_BYTES_MAX;
  }
}
