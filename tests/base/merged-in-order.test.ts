import fc from "fast-check";
import { expect, test } from "vitest";
import { mergedInOrder } from "../../src/base/merged-in-order.ts";

test("mergedInOrder() gives what sorting all items stably gives when each sequence is in order", () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.integer({ min: 0, max: 20 })), { maxLength: 6 }), (lists) => {
      const sequences = lists.map((list, from) =>
        list.toSorted((a, b) => a - b).map((value) => [value, from] as const),
      );
      const sorted = sequences.flat().toSorted(([a], [b]) => a - b);
      expect([...mergedInOrder(sequences, ([a], [b]) => a < b)]).toEqual(sorted);
    }),
  );
});

test("mergedInOrder() takes one item of each sequence ahead and ends them all when it is left", () => {
  const taken = [0, 0];
  const ended: number[] = [];
  function* counting(which: number): Generator<number> {
    try {
      for (let value = which; ; value += 2) {
        taken[which] = (taken[which] ?? 0) + 1;
        yield value;
      }
    } finally {
      ended.push(which);
    }
  }
  const first: number[] = [];
  for (const value of mergedInOrder([counting(0), counting(1)], (a, b) => a < b)) {
    first.push(value);
    if (first.length === 3) break;
  }
  expect(first).toEqual([0, 1, 2]);
  expect(taken).toEqual([2, 2]);
  expect(ended.toSorted()).toEqual([0, 1]);
});
