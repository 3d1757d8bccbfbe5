/** Drawings of real charts, held against geometry: nothing lies on anything else, and a change moves little. */
import { afterAll, describe, expect, test } from "vitest";
import type { Json } from "../../src/base/json.ts";
import { Drawings } from "../../src/drawing/drawings.ts";
import { LINE_HEIGHT, textWidth } from "../../src/drawing/elk-graph.ts";
import type { Box, Drawing, Line } from "../../src/drawing/geometry.ts";
import { svgOf } from "../../src/drawing/svg.ts";
import { graph } from "../../src/engine/graph.ts";
import { compileDocument } from "../../src/machines/chart-cache.ts";
import { CONFORMANCE_CASES } from "../support/conformance-cases.ts";

const drawings = new Drawings();
afterAll(() => drawings.close());

function graphOf(definition: unknown): string {
  const compiled = compileDocument(JSON.stringify(definition));
  if (!compiled.ok) throw new Error(compiled.reason);
  const drawn = graph(compiled.machine, "json");
  if (!drawn.ok) throw new Error(drawn.reason);
  return drawn.text;
}

/** Twenty charts: those of the conformance cases with the most states. */
const CASES = CONFORMANCE_CASES.map(({ name, definition }) => ({
  name,
  definition,
  size: JSON.stringify(definition).length,
}))
  .filter(({ definition }) => compileDocument(JSON.stringify(definition)).ok)
  .sort((a, b) => b.size - a.size)
  .slice(0, 20);

/** A chart of sixty states in six compound ones, two of them parallel, with ways between all of them. */
function large(extra = false): Json {
  const states: Record<string, Json> = {};
  for (let i = 0; i < 6; i += 1) {
    const inside: Record<string, Json> = {};
    const length = extra && i === 2 ? 11 : 10;
    for (let j = 0; j < length; j += 1)
      inside[`s${j}`] = {
        on: { NEXT: `s${(j + 1) % length}`, ...(j === 3 ? { AWAY: `#g${(i + 1) % 6}` } : {}) },
      };
    const isParallel = i % 3 === 2;
    states[`g${i}`] = isParallel
      ? {
          id: `g${i}`,
          type: "parallel",
          states: {
            left: { initial: "s0", states: inside },
            right: { initial: "a", states: { a: { on: { B: "b" } }, b: {} } },
          },
          on: { OUT: `#g${(i + 2) % 6}` },
        }
      : { id: `g${i}`, initial: "s0", states: inside, on: { OUT: `#g${(i + 2) % 6}` } };
  }
  // Within a parallel state a target of an id that its regions have not is the whole state.
  return { id: "large", initial: "g0", states };
}

type Area = Pick<Box, "x" | "y" | "width" | "height">;

function overlap(a: Area, b: Area, slack = 1): boolean {
  return (
    a.x + slack < b.x + b.width &&
    b.x + slack < a.x + a.width &&
    a.y + slack < b.y + b.height &&
    b.y + slack < a.y + a.height
  );
}

type Label = Area & { readonly id: string };

function labelsOf({ lines }: Drawing): readonly Label[] {
  return lines.flatMap(({ id, label }) =>
    label === undefined
      ? []
      : [{ id, x: label.x, y: label.y, width: label.width, height: label.lines.length * LINE_HEIGHT }],
  );
}

/** Boxes on boxes they are not in, and labels on boxes or on titles of boxes. */
function boxFaults({ boxes }: Drawing, labels: readonly Label[]): string[] {
  const faults: string[] = [];
  const inside = (inner: string, outer: string) => outer === "" || inner.startsWith(`${outer}.`);
  for (const [index, a] of boxes.entries()) {
    for (const b of boxes.slice(index + 1))
      if (!inside(a.path, b.path) && !inside(b.path, a.path) && overlap(a, b))
        faults.push(`${a.path} on ${b.path}`);
    const title = { x: a.x + 12, y: a.y + 6, width: textWidth(a.name), height: 16 };
    for (const label of labels)
      if (overlap(label, a.hasInside ? title : a)) faults.push(`label ${label.id} on ${a.path}`);
  }
  return faults;
}

function labelFaults(labels: readonly Label[]): string[] {
  return labels.flatMap((a, index) =>
    labels
      .slice(index + 1)
      .filter((b) => overlap(a, b))
      .map((b) => `label ${a.id} on label ${b.id}`),
  );
}

/** Lines through boxes that have nothing inside and that they do not belong to. */
function lineFaults({ boxes, lines }: Drawing): string[] {
  const leaves = boxes
    .filter(({ hasInside }) => !hasInside)
    .map(({ path, x, y, width, height }) => ({
      path,
      core: { x: x + 2, y: y + 2, width: width - 4, height: height - 4 },
    }));
  return lines.flatMap(({ id, points, from, to }) => {
    const segments = segmentsOf(points);
    return leaves
      .filter(({ path }) => path !== from && path !== to)
      .filter(({ core }) => segments.some((segment) => overlap(segment, core, 0)))
      .map(({ path }) => `line ${id} through ${path}`);
  });
}

function segmentsOf(points: Line["points"]): readonly Area[] {
  return points.slice(1).map(([x, y], at) => {
    const [fromX, fromY] = points[at] ?? [x, y];
    return {
      x: Math.min(x, fromX),
      y: Math.min(y, fromY),
      width: Math.abs(x - fromX) + 0.1,
      height: Math.abs(y - fromY) + 0.1,
    };
  });
}

function faultsOf(drawing: Drawing): string[] {
  const labels = labelsOf(drawing);
  return [...boxFaults(drawing, labels), ...labelFaults(labels), ...lineFaults(drawing)];
}

describe("a drawing", () => {
  test.each(CASES.map(({ name, definition }) => [name, definition] as const))(
    "of %s has no overlapping parts",
    async (_name, definition) => {
      const drawing = await drawings.drawingOf(graphOf(definition));
      expect(drawing.fault).toBeUndefined();
      expect(faultsOf(drawing)).toEqual([]);
    },
  );

  test("of sixty states has no overlapping parts, and is the same each time", {
    timeout: 120_000,
  }, async () => {
    const json = graphOf(large());
    const drawing = await drawings.drawingOf(json);
    expect(drawing.fault).toBeUndefined();
    expect(faultsOf(drawing)).toEqual([]);
    const other = new Drawings();
    try {
      expect(await other.drawingOf(json)).toEqual(drawing);
    } finally {
      await other.close();
    }
  });

  test("keeps the order of siblings when one state is added", { timeout: 120_000 }, async () => {
    const [before, after] = [
      await drawings.drawingOf(graphOf(large())),
      await drawings.drawingOf(graphOf(large(true))),
    ];
    const places = new Map(after.boxes.map((box) => [box.path, box]));
    let pairs = 0;
    let flips = 0;
    for (const a of before.boxes) {
      for (const b of before.boxes) {
        const parent = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf(".")));
        const [laterA, laterB] = [places.get(a.path), places.get(b.path)];
        if (
          a.path >= b.path ||
          parent(a.path) !== parent(b.path) ||
          laterA === undefined ||
          laterB === undefined
        )
          continue;
        pairs += 1;
        if (Math.sign(Math.round(a.x - b.x)) * Math.sign(Math.round(laterA.x - laterB.x)) < 0) flips += 1;
      }
    }
    expect(pairs).toBeGreaterThan(200);
    expect(flips / pairs).toBeLessThanOrEqual(0.005);
  });

  test("of a chart that is too large lists its states, and says why", async () => {
    const states = Object.fromEntries(Array.from({ length: 1100 }, (_, i) => [`s${i}`, {}]));
    const drawing = await drawings.drawingOf(graphOf({ initial: "s0", states }));
    expect(drawing.fault).toMatch(/more than 1000 states/);
    expect(drawing.boxes).toHaveLength(1100);
  });

  test("as SVG holds every state and label, escaped", async () => {
    const definition = {
      id: "x",
      initial: "a&b",
      states: { "a&b": { on: { "<GO>": "c" } }, c: { type: "final" } },
    };
    const svg = svgOf(await drawings.drawingOf(graphOf(definition)));
    expect(svg).toContain("a&amp;b");
    expect(svg).toContain("&lt;GO&gt;");
    expect(svg).not.toMatch(/style=/);
  });
});

describe("states that are closed", () => {
  test("leave out inner states, and get the arrows that lead in or out", async () => {
    const text = graphOf(large());
    const all = await drawings.drawingOf(text);
    const closed = ["g0", "g1", "g2", "g3", "g4", "g5"];
    const drawing = await drawings.drawingOf(text, "", closed);
    expect(all.boxes.length).toBeGreaterThan(60);
    expect(drawing.boxes.map(({ path }) => path)).toEqual(["", ...closed]);
    expect(drawing.boxes.filter(({ isCollapsed }) => isCollapsed === true)).toHaveLength(6);
    expect(faultsOf(drawing)).toEqual([]);
    const ways = drawing.lines.filter(({ isInitial }) => !isInitial).map(({ from, to }) => `${from} ${to}`);
    expect(new Set(ways)).toEqual(
      new Set(closed.flatMap((state, at) => [`${state} g${(at + 1) % 6}`, `${state} g${(at + 2) % 6}`])),
    );
    expect(drawing.width * drawing.height).toBeLessThan((all.width * all.height) / 4);
  });

  test("are ignored when they have no inner states or do not exist", async () => {
    const text = graphOf({ initial: "a", states: { a: { on: { GO: "b" } }, b: {} } });
    const drawing = await drawings.drawingOf(text, "", ["a", "none", ""]);
    expect(drawing.boxes).toEqual((await drawings.drawingOf(text)).boxes);
  });
});
