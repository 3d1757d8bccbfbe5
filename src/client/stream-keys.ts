/**
 * The streams of a definition or a task. A cluster with several partitions has one in each, and a reader of all changes, or
 * of all tasks, reads all of them; their partitions move between servers while it does.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Connection } from "./connection.ts";
import { streamsOf } from "./finding.ts";

const PLAIN = { changes: "sm:changes", tasks: "sm:tasks" } as const;

/**
 * The keys of the streams, of which there is at least one. A server that does not know SM.STREAMS, or does not allow it,
 * is taken to have one partition.
 */
export async function streamKeys(
  connection: Connection,
  kind: keyof typeof PLAIN,
  name: string,
  patience: Patience,
): Promise<readonly string[]> {
  const plain = `${PLAIN[kind]}:${name}`;
  const words = ["KIND", kind.toUpperCase(), "NAME", name];
  const reply = await patience
    .keep(() => connection.call("SM.STREAMS", ...words))
    .catch((error: unknown) => {
      if (isUnknownHere(error)) return [];
      throw error;
    });
  const keys = streamsOf(reply).map(({ stream }) => stream);
  return keys.length === 0 ? [plain] : keys;
}

function isUnknownHere(error: unknown): boolean {
  return error instanceof Error && /^(ERR unknown command|NOPERM )/.test(error.message);
}

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
