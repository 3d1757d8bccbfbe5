/**
 * A read of what is not in memory. A store whose data is in another process throws it from `get` and `range`. Whoever runs a
 * turn's work takes back what the work has done, awaits `load` and runs it again; each run gets further than the one before.
 */
export class NotLoaded extends Error {
  override readonly name = "NotLoaded";
  /**
   * Resolves when the read would succeed; rejects when the store cannot be read. What it has loaded stays in memory until the hold
   * is released, at once where it has been already.
   */
  readonly load: (hold: Hold) => Promise<void>;

  constructor(load: (hold: Hold) => Promise<void>) {
    super("it has to be loaded first");
    this.load = load;
  }
}

/**
 * What one piece of work, such as a request, has loaded: one is made at its first miss, given to each of its loads, and released
 * when the work is done. The store calls `keep` with each load, the one that does the work reads how much that is.
 */
export class Hold {
  #bytes = 0;
  #loads = 0;
  #isReleased = false;
  #ends: (() => void)[] = [];

  /** Bytes that were loaded for it so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many loads there have been: the store loads more at a time for those who come back often. */
  get loads(): number {
    return this.#loads;
  }

  get isReleased(): boolean {
    return this.#isReleased;
  }

  /** A load has ended, with so many bytes, which the store keeps until it calls `end`. */
  keep(bytes: number, end: () => void): void {
    this.#bytes += bytes;
    this.#loads += 1;
    if (this.#isReleased) end();
    else this.#ends.push(end);
  }

  /** The work is done, or given up. */
  release(): void {
    this.#isReleased = true;
    for (const end of this.#ends.splice(0)) end();
  }
}
