/**
 * Measures pieces of work that follow each other: the reading that ends one is where the next begins, so that each
 * costs one look at the clock.
 */
export class Stopwatch {
  readonly #monotonicMs: () => number;
  #lastMs: number;

  /** `monotonicMs`: milliseconds on a monotonic clock, with a fraction. */
  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
    this.#lastMs = monotonicMs();
  }

  /** The last reading. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** Reads the clock. */
  read(): number {
    this.#lastMs = this.#monotonicMs();
    return this.#lastMs;
  }
}
