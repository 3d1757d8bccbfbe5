/** How often something happened in the latest stretch of time: a count for each of a fixed number of slots, minutes for instance. */
export class RecentCounts {
  readonly #slotMs: number;
  /** By the number of the slot modulo their number. */
  readonly #counts: Uint32Array;
  #latest = 0;

  constructor(slotMs: number, slots: number) {
    this.#slotMs = slotMs;
    this.#counts = new Uint32Array(slots);
  }

  add(atMs: number): void {
    this.#turnTo(Math.floor(atMs / this.#slotMs));
    const index = this.#latest % this.#counts.length;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  sum(nowMs: number): number {
    this.#turnTo(Math.floor(nowMs / this.#slotMs));
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** Each slot, the oldest first; the last one has only begun. */
  slots(nowMs: number): readonly number[] {
    this.#turnTo(Math.floor(nowMs / this.#slotMs));
    const first = (this.#latest + 1) % this.#counts.length;
    return [...this.#counts.subarray(first), ...this.#counts.subarray(0, first)];
  }

  /** Empties the slots that have begun since. */
  #turnTo(slot: number): void {
    const passed = slot - this.#latest;
    if (passed <= 0) return;
    const { length } = this.#counts;
    if (passed >= length) this.#counts.fill(0);
    else for (let step = 1; step <= passed; step += 1) this.#counts[(this.#latest + step) % length] = 0;
    this.#latest = slot;
  }
}
