import fc from "fast-check";
import { expect, test } from "vitest";
import { inOrder } from "../../src/base/in-order.ts";

const compare = (a: number, b: number) => a - b;

test("inOrder() yields what sort() does", () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 5000 }), (items) => {
      const sorted = [...inOrder(items, compare)].filter((item) => item !== undefined);
      expect(sorted).toEqual(items.toSorted(compare));
    }),
    { numRuns: 50 },
  );
});

test("inOrder() lets its caller pause after each run that it sorts", () => {
  const items = Array.from({ length: 4500 }, (_, index) => (index * 7919) % 4500);
  const steps = [...inOrder(items, compare)];
  expect(steps.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined]);
  expect(steps.slice(4)).toEqual(items.toSorted(compare));
});
