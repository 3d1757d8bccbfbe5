import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BUCKET_COUNT, DurationHistogram } from "../../src/metrics/duration-histogram.ts";

function histogramOf(...microseconds: readonly number[]): DurationHistogram {
  const histogram = new DurationHistogram();
  for (const one of microseconds) histogram.add(one);
  return histogram;
}

describe("DurationHistogram", () => {
  // What INFO latencystats of redis-server 7.0.15 shows of calls that took so long.
  test.each([
    [1, 1.003],
    [3, 3.007],
    [4, 4.015],
    [10, 10.047],
    [33, 33.023],
    [5144, 5144.575],
    [30277, 30277.631],
    [5_000_000, 1_002_438.655],
  ])("percentile() of %d µs is %d", (microseconds, shown) => {
    expect(histogramOf(microseconds).percentile(50)).toBe(shown);
  });

  test("percentile() counts those below it", () => {
    const histogram = histogramOf(...Array.from({ length: 99 }, () => 1), 1000);
    expect([0, 50, 99, 99.9, 100].map((percent) => Math.floor(histogram.percentile(percent)))).toEqual([
      1, 1, 1, 1003, 1003,
    ]);
    expect(histogramOf().percentile(50)).toBe(0);
  });

  test("steps() rise at powers of two, as LATENCY HISTOGRAM of Redis shows them", () => {
    expect(histogramOf(7, 10, 12).steps()).toEqual([
      [8, 1],
      [16, 3],
    ]);
    expect(histogramOf(9, 76).steps()).toEqual([
      [16, 1],
      [132, 2],
    ]);
    expect(histogramOf(0.2, 30_000).steps()).toEqual([
      [1, 1],
      [33_816, 2],
    ]);
    expect(histogramOf().steps()).toEqual([]);
  });

  test("every answer is right to two digits, whatever was counted", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 999_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (durations, percent) => {
          const histogram = histogramOf(...durations);
          const sorted = [...durations].sort((a, b) => a - b);
          const wanted = Math.max(1, Math.floor((percent / 100) * durations.length + 0.5));
          const exact = sorted[wanted - 1] ?? Number.NaN;
          expect(histogram.percentile(percent)).toBeGreaterThanOrEqual(exact - 0.001);
          expect(histogram.percentile(percent)).toBeLessThanOrEqual(exact * 1.01 + 0.002);
          expect(histogram.steps().at(-1)?.[1]).toBe(durations.length);
          const counts = histogram.cumulative();
          expect(counts).toHaveLength(BUCKET_COUNT);
          for (const [exponent, count] of counts.entries()) {
            const limit = exponent === BUCKET_COUNT - 1 ? Number.POSITIVE_INFINITY : 2 ** exponent;
            expect(count).toBeGreaterThanOrEqual(durations.filter((one) => one <= limit - 0.001).length);
            expect(count).toBeLessThanOrEqual(durations.filter((one) => one <= limit * 1.01).length);
          }
        },
      ),
      { seed: 20261129 },
    );
  });

  test("reset() forgets all", () => {
    const histogram = histogramOf(1, 2);
    histogram.reset();
    expect([histogram.count, histogram.steps(), histogram.percentile(99)]).toEqual([0, [], 0]);
  });
});
