/** What of a drawing is shown from a state: what can follow, what can lead there, the shortest way. */
import { expect, test } from "vitest";
import { type Focus, focused, reachable } from "../../src/console/chart-focus.ts";
import type { Box, Drawing, Line } from "../../src/drawing/geometry.ts";

/** `a`, which leads to `p`, with `p.x → p.y` inside; `p` leads to `z`, `z` back to `p.y`; nothing leads to `q`. */
const PLACE = { x: 0, y: 0, width: 10, height: 10 };
const box = (path: string, hasInside = false): Box => ({
  ...{ path, name: path, type: "atomic", isDeep: false, hasInside },
  ...PLACE,
});
const line = (from: string, to: string, isInitial = false): Line => ({
  ...{ id: `${from}>${to}`, from, to, isInitial, points: [], label: undefined },
});
const DRAWING: Drawing = {
  ...PLACE,
  dots: [],
  boxes: [box("", true), box("a"), box("p", true), box("p.x"), box("p.y"), box("z"), box("q")],
  lines: [
    ...[line("", "a", true), line("", "p.x", true)],
    ...[line("a", "p"), line("p.x", "p.y"), line("p", "z"), line("z", "p.y"), line("q", "a")],
  ],
};
const seen = (state: string, focus: Focus) => {
  const found = focused(DRAWING, state, focus);
  return (
    found && {
      states: [...found.states].filter((path) => path !== "").sort(),
      lines: [...found.lines].sort(),
    }
  );
};

test("focused() shows what can follow a state: the inside of what is entered, and what leads out of it", () => {
  expect(seen("a", "after")).toEqual({
    states: ["a", "p", "p.x", "p.y", "z"],
    lines: [">p.x", "a>p", "p.x>p.y", "p>z", "z>p.y"],
  });
});

test("focused() enters nothing anew when a state inside another is left by the outer one", () => {
  expect(seen("p.y", "after")).toEqual({ states: ["p", "p.y", "z"], lines: ["p>z", "z>p.y"] });
});

test("focused() shows what leads to a state when asked for what is before it", () => {
  expect(seen("p.x", "before")).toEqual({
    states: ["a", "p", "p.x", "q"],
    lines: [">a", ">p.x", "a>p", "q>a"],
  });
});

test("focused() shows the shortest way when there is one, and nothing when there is none", () => {
  expect(seen("a", { to: "z" })).toEqual({ states: ["a", "p", "z"], lines: ["a>p", "p>z"] });
  expect(seen("q", { to: "p.y" })).toEqual({
    states: ["a", "p", "p.x", "p.y", "q"],
    lines: [">p.x", "a>p", "p.x>p.y", "q>a"],
  });
  expect(seen("a", { to: "q" })).toBeUndefined();
});

test("reachable() lists the states that a way leads to", () => {
  expect([...reachable(DRAWING, "z")].sort()).toEqual(["p.y", "z"]);
});
