/** How long machines stay in a state: percentiles are known to one part in eight. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { StayHistogram } from "../../src/machines/stay-histogram.ts";

const YEAR_MS = 365 * 24 * 3_600_000;

test("percentile() is at most an eighth above the stay it stands for when stays are of any length", () => {
  const ms = fc.oneof(
    fc.nat(100),
    fc.integer({ min: 0, max: 3_600_000 }),
    fc.integer({ min: 0, max: 100 * YEAR_MS }),
  );
  fc.assert(
    fc.property(
      fc.array(ms, { minLength: 1, maxLength: 60 }),
      fc.constantFrom(1, 50, 95, 100),
      (stays, percent) => {
        const histogram = new StayHistogram();
        for (const stay of stays) histogram.add(stay);
        const exact = stays.toSorted((a, b) => a - b)[Math.ceil((percent / 100) * stays.length) - 1] ?? 0;
        const found = histogram.percentile(percent);
        expect(histogram.count).toBe(stays.length);
        expect(found).toBeGreaterThanOrEqual(exact);
        expect(found).toBeLessThanOrEqual(exact * 1.125);
      },
    ),
  );
});

test("percentile() is 0 when nothing was added, and bounded when a stay is longer than any", () => {
  const histogram = new StayHistogram();
  expect(histogram.percentile(95)).toBe(0);
  histogram.add(Number.MAX_SAFE_INTEGER);
  histogram.add(-5);
  expect(histogram.percentile(1)).toBe(0);
  expect(histogram.percentile(99)).toBe(2 ** 43 - 1);
});
