/** How two drawings are scrolled together. */
import { expect, test } from "vitest";
import { counterpart } from "../../src/console/chart-anchor.ts";
import type { Box, Drawing } from "../../src/drawing/geometry.ts";

function drawing(width: number, places: Readonly<Record<string, readonly [number, number]>>): Drawing {
  const boxes = Object.entries(places).map(
    ([path, [x, y]]): Box => ({
      ...{ path, name: path, type: "atomic", isDeep: false, hasInside: false },
      ...{ x, y, width: 80, height: 40 },
    }),
  );
  return { width, height: 400, boxes, dots: [], lines: [] };
}

const OLD = drawing(1000, { a: [0, 0], b: [300, 100], gone: [600, 0], c: [900, 0] });
const NOW = drawing(2000, { a: [0, 0], b: [300, 200], c: [1900, 0], more: [1000, 0] });

test("counterpart() is at a state where the state is at the place", () => {
  const [x, y] = counterpart(OLD, NOW, [940, 20]);
  expect(x).toBeCloseTo(1940, -1);
  expect(y).toBeCloseTo(20, 0);
  expect(counterpart(OLD, NOW, [340, 120])[1]).toBeCloseTo(220, 0);
});

test("counterpart() moves without jumps while the place moves", () => {
  let before = counterpart(OLD, NOW, [0, 20])[0];
  for (let x = 1; x <= 1000; x += 1) {
    const [next] = counterpart(OLD, NOW, [x, 20]);
    expect(Math.abs(next - before)).toBeLessThan(25);
    before = next;
  }
});

test("counterpart() is the same share of the drawing where the versions have no state in common", () => {
  const other = drawing(500, { z: [0, 0] });
  expect(counterpart(OLD, other, [400, 100])).toEqual([200, 100]);
});
