import fc from "fast-check";
import { expect, test } from "vitest";
import { sortFirst } from "../../../src/commands/geo/partial-sort.ts";

test("sortFirst() brings the smallest elements to the front, in order, whatever the list and the count", () => {
  const list = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 300 });
  fc.assert(
    fc.property(list, fc.nat({ max: 310 }), (given, count) => {
      const sorted = [...given];
      sortFirst(sorted, count, (a, b) => a - b);
      const expected = given.toSorted((a, b) => a - b);
      expect(sorted.slice(0, count)).toEqual(expected.slice(0, count));
      expect(sorted.toSorted((a, b) => a - b)).toEqual(expected);
    }),
  );
});

/** Answers so that each pivot turns out to be among the smallest (McIlroy, "A Killer Adversary for Quicksort", 1999). */
function adversary(size: number) {
  const values: (number | undefined)[] = Array.from({ length: size });
  let solid = 0;
  let candidate = 0;
  let comparisons = 0;
  const freeze = (element: number) => {
    values[element] = solid;
    solid += 1;
  };
  const compare = (a: number, b: number): number => {
    comparisons += 1;
    if (values[a] === undefined && values[b] === undefined) freeze(a === candidate ? a : b);
    if (values[a] === undefined) candidate = a;
    else if (values[b] === undefined) candidate = b;
    return (values[a] ?? size) - (values[b] ?? size);
  };
  return { compare, comparisons: () => comparisons };
}

test("sortFirst() takes n log n comparisons of a list that is made to defeat a quicksort", () => {
  const size = 20_000;
  const { compare, comparisons } = adversary(size);
  sortFirst(
    Array.from({ length: size }, (_, at) => at),
    size - 1,
    compare,
  );
  expect(comparisons()).toBeLessThan(10 * size * Math.log2(size));
});
