/**
 * How long machines stayed in a state, counted in buckets of an eighth of a power of two of milliseconds: percentiles are known to
 * one part in eight, whether a stay takes a second or a year, and a histogram takes three kilobytes at most.
 */

/** Below the first power of two of so many, each millisecond has a bucket. */
const EXACT_BITS = 4;
const EXACT = 2 ** EXACT_BITS;
const PART_BITS = 3;
const PARTS = 2 ** PART_BITS;
/** Two hundred years; what takes longer is counted there. */
const BITS_MAX = 43;
const BUCKETS = EXACT + (BITS_MAX - EXACT_BITS) * PARTS;
const MS_MAX = 2 ** BITS_MAX - 1;
/** Integers of 32 bits are the fastest; a long stay leaves out so many low bits, which do not change its bucket. */
const INTEGER_MAX = 2 ** 31;
const LOW_BITS = 15;
const LOW = 2 ** LOW_BITS;
const GROWN_BY = 64;

export class StayHistogram {
  /** Grows to the longest stay there was. */
  #counts = new Float64Array(0);
  count = 0;
  totalMs = 0;

  add(ms: number): void {
    const index = indexOf(Math.min(Math.max(0, Math.floor(ms)), MS_MAX));
    if (index >= this.#counts.length) this.#grow(index);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.count += 1;
    this.totalMs += Math.max(0, ms);
  }

  /** Milliseconds that so many of a hundred did not exceed; 0 when there is none. */
  percentile(percent: number): number {
    const wanted = Math.ceil((percent / 100) * this.count);
    let sum = 0;
    for (const [index, count] of this.#counts.entries()) {
      sum += count;
      if (count > 0 && sum >= wanted) return highest(index);
    }
    return 0;
  }

  /** The counts, by the number of their bucket; those that are zero at the end are left out. */
  get buckets(): readonly number[] {
    return [...this.#counts.subarray(0, this.#counts.findLastIndex((count) => count > 0) + 1)];
  }

  /** Adds what another one has counted. */
  addBuckets(buckets: readonly number[]): void {
    if (buckets.length > this.#counts.length) this.#grow(buckets.length - 1);
    for (const [index, count] of buckets.entries()) {
      this.#counts[index] = (this.#counts[index] ?? 0) + count;
      this.count += count;
    }
  }

  #grow(index: number): void {
    const grown = new Float64Array(Math.min(BUCKETS, (Math.floor(index / GROWN_BY) + 1) * GROWN_BY));
    grown.set(this.#counts);
    this.#counts = grown;
  }
}

function indexOf(ms: number): number {
  if (ms < EXACT) return ms;
  if (ms >= INTEGER_MAX) return indexOf(Math.floor(ms / LOW)) + LOW_BITS * PARTS;
  const bits = 31 - Math.clz32(ms);
  const part = (ms >>> (bits - PART_BITS)) - PARTS;
  return EXACT + (bits - EXACT_BITS) * PARTS + part;
}

/** The longest stay that a bucket counts. */
function highest(index: number): number {
  if (index < EXACT) return index;
  const bits = Math.floor((index - EXACT) / PARTS) + EXACT_BITS;
  const part = (index - EXACT) % PARTS;
  return 2 ** bits + ((part + 1) * 2 ** bits) / PARTS - 1;
}
