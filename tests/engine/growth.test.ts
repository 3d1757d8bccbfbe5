/**
 * What a definition costs grows about as it does: each pass of the compiler, each query and each step is run on charts
 * of n and 2n states of every shape, and what it does is counted. Processor time is looked at where built-in functions
 * may do the work, on charts of n and 4n.
 */
import { describe, expect, test } from "vitest";
import type { Json } from "../../src/base/json.ts";
import { check } from "../../src/engine/check.ts";
import { compile } from "../../src/engine/compile.ts";
import { readKeys } from "../../src/engine/document-keys.ts";
import { explain, next } from "../../src/engine/explain.ts";
import { graph, transitionMap } from "../../src/engine/graph.ts";
import type { Machine } from "../../src/engine/machine.ts";
import { snapshotFromJson, snapshotToJson } from "../../src/engine/snapshot.ts";
import { fire, recall, start, step } from "../../src/engine/step.ts";
import type { Env, Snapshot } from "../../src/engine/types.ts";
import { LARGE_CHARTS } from "./support/large-charts.ts";
import { processorMs, workOf } from "./support/work.ts";

const env: Env = {
  now: 0,
  key: "k",
  trace: true,
  limits: { microstepsMax: 10_000, resultSizeMax: 1_000_000 },
};

/** What is done with a definition, made ready so that only the thing itself is counted. */
const PASSES: Readonly<Record<string, (json: Json) => () => unknown>> = {
  compile: (json) => () => compile(json),
  check: (json) => () => check(json),
  "read keys": (json) => {
    const text = JSON.stringify(json);
    return () => readKeys(text);
  },
  start: ofMachine((machine) => () => start(machine, env)),
  step: ofSnapshot((machine, snapshot) => () => step(machine, snapshot, { type: "GO" }, env)),
  "second step": ofSnapshot((machine, snapshot) => {
    const after = stepped(machine, snapshot, "GO");
    return () => step(machine, after, { type: "GO" }, env);
  }),
  stop: ofSnapshot((machine, snapshot) => {
    const after = stepped(machine, snapshot, "GO");
    return () => step(machine, after, { type: "STOP" }, env);
  }),
  refuse: ofSnapshot((machine, snapshot) => () => step(machine, snapshot, { type: "NO" }, env)),
  fire: ofSnapshot((machine, snapshot) => () => fire(machine, snapshot, snapshot.timers[0]?.seq ?? 0, env)),
  recall: ofSnapshot((machine, snapshot) => () => recall(machine, snapshot, [{ type: "NO" }], env)),
  next: ofSnapshot((machine, snapshot) => () => next(machine, snapshot, env)),
  explain: ofSnapshot((machine, snapshot) => () => explain(machine, snapshot, { type: "GO" }, env)),
  write: ofSnapshot((machine, snapshot) => {
    const after = stepped(machine, snapshot, "GO");
    return () => JSON.stringify(snapshotToJson(machine, after));
  }),
  read: ofSnapshot((machine, snapshot) => {
    const json = snapshotToJson(machine, stepped(machine, snapshot, "GO"));
    return () => snapshotFromJson(machine, json);
  }),
  map: ofMachine((machine) => () => transitionMap(machine)),
  mermaid: ofMachine((machine) => () => graph(machine, "mermaid")),
  dot: ofMachine((machine) => () => graph(machine, "dot")),
  json: ofMachine((machine) => () => graph(machine, "json")),
};

function ofMachine(make: (machine: Machine) => () => unknown) {
  return (json: Json) => {
    const result = compile(json);
    return result.ok ? make(result.machine) : () => undefined;
  };
}

function ofSnapshot(make: (machine: Machine, snapshot: Snapshot) => () => unknown) {
  return ofMachine((machine) => {
    const started = start(machine, env);
    if (started.kind !== "moved") throw new Error(started.message);
    return make(machine, started.snapshot);
  });
}

function stepped(machine: Machine, snapshot: Snapshot, type: string): Snapshot {
  const result = step(machine, snapshot, { type }, env);
  return result.kind === "moved" ? result.snapshot : snapshot;
}

/** Drawings and maps list for each state what its ancestors' transitions do: their text is bounded instead. */
const BOUNDED = ["events at the root", "wildcards at the root"];

const isBounded = (pass: string, chart: string): boolean =>
  BOUNDED.includes(chart) && ["map", "mermaid", "dot"].includes(pass);

/** Those that built-in functions could make slow; compiling has a test of its own. */
const TIMED = ["start", "step", "second step", "stop", "next", "write", "read"];

/** Charts of which much is active, or much waits. */
const WIDE = [
  "regions with timers",
  "regions that end",
  "regions with histories",
  "delayed events",
  "assigns in one event",
];

const COUNT = 400;
/** What a line of the charts costs, all passes together. */
const SLACK = 50 * COUNT;

/** All passes over one definition, or some. */
function allOf(name: string, chart: Json, passes = Object.keys(PASSES)): readonly (() => unknown)[] {
  return passes.filter((pass) => !isBounded(pass, name)).flatMap((pass) => PASSES[pass]?.(chart) ?? []);
}

describe.each(Object.entries(LARGE_CHARTS))("%s", (name, chart) => {
  test("take about twice the work when there are twice as many", async () => {
    const [small, large] = [allOf(name, chart(COUNT / 2)), allOf(name, chart(COUNT))];
    let quick = await growingFaster(small, large);
    for (let attempt = 1; attempt < 4 && quick.size > 0; attempt++) {
      const again = await growingFaster(small, large);
      quick = new Map([...quick].filter(([place]) => again.has(place)));
    }
    expect([...quick].map(([place, counts]) => `${place}: ${counts}`)).toEqual([]);
  });
});

/**
 * The places of the engine that did far more than twice the work for twice as many, with both counts. A count that V8
 * loses while it optimises a function can make a place one of these by chance, but not each time.
 */
async function growingFaster(
  small: readonly (() => unknown)[],
  large: readonly (() => unknown)[],
): Promise<ReadonlyMap<string, string>> {
  const runs = [small, small, large].map((passes) => () => passes.map((pass) => pass()));
  const [, one, two] = await workOf(runs);
  const quick = new Map<string, string>();
  for (const [place, count] of two ?? []) {
    const before = one?.get(place) ?? 0;
    if (count > 2.6 * before + SLACK) quick.set(place, `${before}, then ${count}`);
  }
  return quick;
}

test.each(WIDE)("%s take about four times the time when there are four times as many", (name) => {
  const chart = LARGE_CHARTS[name];
  const [small, large] = [
    allOf(name, chart?.(400) ?? null, TIMED),
    allOf(name, chart?.(1600) ?? null, TIMED),
  ];
  const ratios = small.map((run, index) => lowestRatio(run, large[index] ?? run));
  expect(ratios.filter((ratio) => ratio > 10)).toEqual([]);
});

/** The lowest of some ratios of time: other processes only ever make one larger. Short times are not compared. */
function lowestRatio(small: () => unknown, large: () => unknown): number {
  let lowest = Number.POSITIVE_INFINITY;
  small();
  for (let attempt = 0; attempt < 4 && lowest >= 10; attempt++) {
    const one = processorMs(small);
    const four = processorMs(large);
    if (four < 15) return 0;
    lowest = Math.min(lowest, four / Math.max(one, 0.5));
  }
  return lowest;
}

test("an event that 1600 regions accept takes less than 20 ms of processor time", () => {
  const regions = LARGE_CHARTS["regions"];
  const result = compile(regions?.(1600) ?? null);
  if (!result.ok) throw new Error(result.reason);
  const { machine } = result;
  const started = start(machine, env);
  if (started.kind !== "moved") throw new Error(started.message);
  const run = () => step(machine, started.snapshot, { type: "GO" }, env);
  run();
  expect(processorMs(run, 10)).toBeLessThan(20);
});
