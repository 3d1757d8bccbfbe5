/**
 * How long things took, counted with two significant digits: in buckets of a width that doubles with each power of two,
 * as HdrHistogram has them, whose answers Redis shows. What each command adds to costs some nanoseconds; percentiles,
 * LATENCY HISTOGRAM and the histograms of monitoring systems are made of it.
 */

/** Buckets between one power of two and the next; below the first power all widths are one nanosecond. */
const HALF = 128;
const HALF_BITS = 7;
const NANOSECONDS_MAX = 1e9;
/** The boundaries `cumulative` counts by: 2^i microseconds. */
export const BUCKET_COUNT = 26;

export class DurationHistogram {
  /** Grows to the longest duration there was. */
  #counts = new Float64Array(0);
  count = 0;
  microseconds = 0;

  add(microseconds: number): void {
    this.count += 1;
    this.microseconds += microseconds;
    const index = indexOf(Math.min(Math.max(1, Math.round(microseconds * 1000)), NANOSECONDS_MAX));
    if (index >= this.#counts.length) this.#grow(index);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  /** How many took up to 2^i microseconds, for each i, to two digits; the last entry counts all. */
  cumulative(): readonly number[] {
    const sums: number[] = [];
    for (let exponent = 0; exponent < BUCKET_COUNT - 1; exponent += 1) {
      sums.push(this.#countTo(1000 * 2 ** exponent));
    }
    return [...sums, this.count];
  }

  /**
   * LATENCY HISTOGRAM: how many took up to about so many microseconds, at each power of two of 1024 nanoseconds where
   * that rises, up to the one that counts all.
   */
  steps(): ReadonlyArray<readonly [microseconds: number, count: number]> {
    const steps: Array<readonly [number, number]> = [];
    let previous = 0;
    for (let level = 1024; previous < this.count; level *= 2) {
      const count = this.#countTo(level);
      if (count > previous) steps.push([Math.floor(highest(indexOf(level)) / 1000), count]);
      previous = count;
    }
    return steps;
  }

  /** The time, in microseconds, that so many of a hundred did not exceed; 0 when there is none. */
  percentile(percent: number): number {
    if (this.count === 0) return 0;
    const wanted = Math.max(1, Math.floor((percent / 100) * this.count + 0.5));
    let sum = 0;
    for (const [index, count] of this.#counts.entries()) {
      sum += count;
      if (sum >= wanted) return highest(index) / 1000;
    }
    return highest(this.#counts.length - 1) / 1000;
  }

  reset(): void {
    this.#counts = new Float64Array(0);
    this.count = 0;
    this.microseconds = 0;
  }

  /** How many are in buckets up to that of a time. */
  #countTo(nanoseconds: number): number {
    const last = indexOf(nanoseconds);
    let sum = 0;
    for (let index = 0; index <= last && index < this.#counts.length; index += 1) {
      sum += this.#counts[index] ?? 0;
    }
    return sum;
  }

  #grow(index: number): void {
    const grown = new Float64Array((Math.floor(index / HALF) + 1) * HALF);
    grown.set(this.#counts);
    this.#counts = grown;
  }
}

/** The bucket of a whole number of nanoseconds. */
function indexOf(nanoseconds: number): number {
  if (nanoseconds < 2 * HALF) return nanoseconds;
  const shift = 31 - Math.clz32(nanoseconds) - HALF_BITS;
  return (shift + 1) * HALF + (nanoseconds >>> shift) - HALF;
}

/** The longest time that is in a bucket, in nanoseconds. */
function highest(index: number): number {
  if (index < 2 * HALF) return index;
  const shift = Math.floor(index / HALF) - 1;
  return ((index % HALF) + HALF + 1) * 2 ** shift - 1;
}
