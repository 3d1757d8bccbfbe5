/** How a client lives with partitions of a cluster that change hands: what may be asked again is asked again. */
import { setTimeout as delay } from "node:timers/promises";

/** What is said while a partition changes hands; the same request is answered by its next owner. */
const MOVING =
  /^(UNBLOCKED|CLUSTERDOWN|TRYAGAIN|LOADING) |^Too many Cluster redirections|^Failed to refresh slots cache|^Cluster isn't ready/;

export function isMoving(error: unknown): boolean {
  return error instanceof Error && MOVING.test(error.message);
}

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 1000;
/** A partition that is not served for so long is not about to be: servers take over within seconds. */
const GIVE_UP_MS = 60_000;

/** Repeats requests that may be repeated, while a partition changes hands, until the signal. */
export class Patience {
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** @throws what the request throws, when that does not pass; and whatever is under way at the signal */
  async keep<Reply>(request: () => Promise<Reply>): Promise<Reply> {
    const untilMs = Date.now() + GIVE_UP_MS;
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)) {
      try {
        return await this.#untilSignal(request());
      } catch (error) {
        if (this.#signal.aborted || !isMoving(error) || Date.now() >= untilMs) throw error;
      }
      await delay(delayMs, undefined, { signal: this.#signal });
    }
  }

  async #untilSignal<Reply>(reply: Promise<Reply>): Promise<Reply> {
    const signal = this.#signal;
    if (signal.aborted) throw ended();
    let end: () => void = () => undefined;
    const cut = new Promise<never>((_resolve, reject) => {
      end = () => reject(ended());
      signal.addEventListener("abort", end);
    });
    try {
      return await Promise.race([reply, cut]);
    } finally {
      signal.removeEventListener("abort", end);
    }
  }
}

const ended = (): Error => new Error("the reading has ended");
