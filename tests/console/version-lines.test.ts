/** How the lines of two versions differ. */
import { expect, test } from "vitest";
import { lineDifferences } from "../../src/console/version-lines.ts";
import type { Drawing, Line } from "../../src/drawing/geometry.ts";

type Given = readonly [from: string, to: string, label: string];

function drawing(lines: readonly Given[], first: string): Drawing {
  const line = (id: string, from: string, to: string, label: string): Line => ({
    ...{ id, from, to, isInitial: from === "", points: [] },
    label: label === "" ? undefined : { x: 0, y: 0, width: 0, lines: label.split(" ") },
  });
  return {
    ...{ width: 1, height: 1, boxes: [], dots: [] },
    lines: [
      line("i0:", "", first, ""),
      ...lines.map(([from, to, label], at) => line(`e${at}`, from, to, label)),
    ],
  };
}

const OLD = drawing(
  [
    ["new", "paid", "PAY"],
    ["paid", "gone", "SHIP"],
    ["paid", "late", "after 1h"],
  ],
  "new",
);
const NOW = drawing(
  [
    ["paid", "gone", "SHIP"],
    ["new", "billed", "PAY"],
    ["paid", "late", "after 2h"],
  ],
  "billed",
);

test("lineDifferences() has lines of one version alone, and those that say something else", () => {
  const none = new Set<string>();
  expect([...lineDifferences(OLD, NOW, "removed", none)]).toEqual([
    ["i0:", "removed"],
    ["e0", "removed"],
    ["e2", "changed"],
  ]);
  expect([...lineDifferences(NOW, OLD, "added", none)]).toEqual([
    ["i0:", "added"],
    ["e1", "added"],
    ["e2", "changed"],
  ]);
});

test("lineDifferences() has lines on which something else is done", () => {
  expect([...lineDifferences(OLD, OLD, "removed", new Set(["paid\ngone"]))]).toEqual([["e1", "changed"]]);
});
