/**
 * Work that has missed and waits for what it needs to be loaded: requests, one a connection, with what comes behind each; waiters
 * that were asked again; and other pieces by name. What a piece has loaded stays in memory until it is done, so that each run gets
 * further than the one before, and is bounded: a piece that needs more at once is refused as a whole.
 */
import { Hold, type NotLoaded } from "../storage/not-loaded.ts";

export interface LoadLimits {
  /** Bytes that a piece of work may have loaded when it misses again. */
  readonly bytesMax: number;
  /** How often a piece of work may miss. */
  readonly runsMax: number;
}

export const LOAD_LIMITS: LoadLimits = { bytesMax: 64 << 20, runsMax: 1000 };

/** How a load has ended. */
export type Loaded =
  | { readonly kind: "loaded" }
  /** The work needs more than it may have. */
  | { readonly kind: "excess" }
  | { readonly kind: "failed"; readonly reason: string };

/** What one piece of work waits for. */
export class PendingLoad {
  readonly #hold = new Hold();
  readonly #limits: LoadLimits;
  #runs = 0;
  #isLoading = false;
  #outcome: Loaded = { kind: "loaded" };

  constructor(limits: LoadLimits) {
    this.#limits = limits;
  }

  get isLoading(): boolean {
    return this.#isLoading;
  }

  /** How the last load has ended. */
  get outcome(): Loaded {
    return this.#outcome;
  }

  /** Loads what a run has missed, and calls back in a later turn of the event loop, unless the work was given up. */
  load(misses: readonly NotLoaded[], onEnd: () => void): void {
    this.#runs += 1;
    this.#isLoading = true;
    const end = (outcome: Loaded) => {
      this.#isLoading = false;
      this.#outcome = outcome;
      if (!this.#hold.isReleased) onEnd();
    };
    if (this.#runs > this.#limits.runsMax || this.#hold.bytes > this.#limits.bytesMax) {
      setImmediate(() => end({ kind: "excess" }));
      return;
    }
    Promise.all(misses.map((miss) => miss.load(this.#hold))).then(
      () => end({ kind: "loaded" }),
      (error: unknown) =>
        end({ kind: "failed", reason: error instanceof Error ? error.message : String(error) }),
    );
  }

  /** The work is done, or given up: what it has loaded may be forgotten. */
  release(): void {
    this.#hold.release();
  }
}

/** Pieces of work of one kind that wait for loads. */
export class Loads<Key, Work> {
  readonly #limits: LoadLimits;
  readonly #pending = new Map<Key, { work: Work; readonly load: PendingLoad }>();
  readonly #onLoaded: (key: Key, work: Work) => void;

  constructor(limits: LoadLimits, onLoaded: (key: Key, work: Work) => void) {
    this.#limits = limits;
    this.#onLoaded = onLoaded;
  }

  get size(): number {
    return this.#pending.size;
  }

  keys(): Iterable<Key> {
    return this.#pending.keys();
  }

  /** True from a miss on until that is loaded. */
  isLoading(key: Key): boolean {
    return this.#pending.get(key)?.load.isLoading === true;
  }

  /** A piece of work has missed, for the first time or again. */
  begin(key: Key, work: Work, misses: readonly NotLoaded[]): void {
    const known = this.#pending.get(key);
    const load = known?.load ?? new PendingLoad(this.#limits);
    if (known === undefined) this.#pending.set(key, { work, load });
    else known.work = work;
    load.load(misses, () => {
      const pending = this.#pending.get(key);
      if (pending?.load === load) this.#onLoaded(key, pending.work);
    });
  }

  /** A piece of work that is to be run again, and how its load has ended; undefined where there is none. */
  find(key: Key): { readonly work: Work; readonly outcome: Loaded } | undefined {
    const pending = this.#pending.get(key);
    return pending === undefined ? undefined : { work: pending.work, outcome: pending.load.outcome };
  }

  /** A piece of work is done, or given up; true when it was one of these. */
  end(key: Key): boolean {
    const pending = this.#pending.get(key);
    if (pending === undefined) return false;
    this.#pending.delete(key);
    pending.load.release();
    return true;
  }
}
