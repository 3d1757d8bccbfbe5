import { expect, test } from "vitest";
import { staysOf, stripOf } from "../../src/console/stays.ts";

const entry = (rev: number, at: number, ...to: string[]) => ({ rev, at, to });
const ENTRIES = [
  entry(1, 0, "new"),
  entry(2, 1000, "paid", "open"),
  entry(3, 4000, "new"),
  entry(4, 4500, "done"),
];

test("staysOf() sums the time in each state, the longest first", () => {
  expect(staysOf(ENTRIES, 10_000)).toEqual([
    { state: "done", ms: 5500 },
    { state: "paid, open", ms: 3000 },
    { state: "new", ms: 1500 },
  ]);
});

test("stripOf() gives every entry at least one, and compresses what is idle", () => {
  const day = 86_400_000;
  const pieces = stripOf([entry(1, 0, "a"), entry(2, 10, "b"), entry(3, 10, "c")], day, 300);
  expect(pieces.map(({ state }) => state)).toEqual(["a", "b", "c"]);
  expect(Math.min(...pieces.map(({ width }) => width))).toBeGreaterThanOrEqual(1);
  expect(pieces.reduce((sum, { width }) => sum + width, 0)).toBeCloseTo(300);
  const many = stripOf(
    Array.from({ length: 1000 }, (_, at) => entry(at + 1, at, "a")),
    2 * day,
    1100,
  );
  expect(Math.min(...many.map(({ width }) => width))).toBeGreaterThanOrEqual(1);
  const [last] = many.slice(-1);
  expect(last?.width).toBeLessThan(100);
});

test("stripOf() has room for entries of the same millisecond", () => {
  const pieces = stripOf([entry(1, 5, "a"), entry(2, 5, "b")], 5, 10);
  expect(pieces.map(({ x, width }) => [x, width])).toEqual([
    [0, 5],
    [5, 5],
  ]);
});
