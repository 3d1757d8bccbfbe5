/**
 * How long things took, counted by powers of two: what each command adds to costs some nanoseconds, and percentiles
 * and the histograms of monitoring systems are made of it.
 */

/** Bucket `i` counts durations up to 2^i microseconds that no bucket before it counts; the last takes all the rest. */
export const BUCKET_COUNT = 26;

export class DurationHistogram {
  readonly #buckets = new Float64Array(BUCKET_COUNT);
  count = 0;
  microseconds = 0;

  add(microseconds: number): void {
    this.count += 1;
    this.microseconds += microseconds;
    const whole = Math.ceil(microseconds);
    const bucket = whole <= 1 ? 0 : 32 - Math.clz32(Math.min(whole - 1, 0x7fff_ffff));
    const index = Math.min(bucket, BUCKET_COUNT - 1);
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
  }

  /** How many took up to 2^i microseconds, for each i; the last entry counts all. */
  cumulative(): readonly number[] {
    let sum = 0;
    return Array.from(this.#buckets, (count) => {
      sum += count;
      return sum;
    });
  }

  reset(): void {
    this.#buckets.fill(0);
    this.count = 0;
    this.microseconds = 0;
  }
}
