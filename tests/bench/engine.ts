/**
 * Steps per second of the engine against xstate 5 `transition()`, in one run on one core.
 *
 * Goals: the ratio, on (a) a toggle and (b) a chart of three levels and two regions with a guard and an assign.
 * Not goals: absolute rates, start-up, storing snapshots. Run: `npx tsx tests/bench/engine.ts [seconds per case]`.
 */
import { assign, createMachine, getInitialSnapshot, transition } from "xstate";
import type { Json } from "../../src/base/json.ts";
import { compile } from "../../src/engine/compile.ts";
import { start, step as stepOnce } from "../../src/engine/step.ts";
import type { EngineEvent, Env, Snapshot } from "../../src/engine/types.ts";

type Subject = {
  readonly name: string;
  readonly definition: Json;
  readonly xstate: object;
  readonly events: readonly EngineEvent[];
};

const toggle = {
  id: "toggle",
  initial: "off",
  states: { off: { on: { TOGGLE: "on" } }, on: { on: { TOGGLE: "off" } } },
};

/** The same chart for both engines; only guard and assign are written in each engine's own way. */
function chart(guard: unknown, actions: unknown): object {
  const lamp = {
    initial: "idle",
    states: { idle: { on: { TICK: { target: "busy", guard, actions } } }, busy: { on: { TICK: "idle" } } },
  };
  return {
    id: "chart",
    type: "parallel",
    context: { count: 0, max: 1e12 },
    states: {
      left: { initial: "outer", states: { outer: { ...lamp }, other: {} } },
      right: { initial: "one", states: { one: { on: { TOCK: "two" } }, two: { on: { TOCK: "one" } } } },
    },
  };
}

const subjects: readonly Subject[] = [
  { name: "toggle", definition: toggle, xstate: toggle, events: [{ type: "TOGGLE" }] },
  {
    name: "three levels, two regions, guard, assign",
    definition: JSON.parse(
      JSON.stringify(chart("context.count < context.max", [{ assign: { count: "context.count + 1" } }])),
    ) as Json,
    xstate: chart(
      ({ context }: { context: { count: number; max: number } }) => context.count < context.max,
      assign({ count: ({ context }: { context: { count: number } }) => context.count + 1 }),
    ),
    events: [{ type: "TICK" }, { type: "TOCK" }],
  },
];

/** Steps in one slice of time, per second. */
function slice(ms: number, advance: () => void): number {
  const from = performance.now();
  let steps = 0;
  while (performance.now() - from < ms) {
    for (let i = 0; i < 200; i++) advance();
    steps += 200;
  }
  return (steps / (performance.now() - from)) * 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function detent(subject: Subject): () => void {
  const compiled = compile(subject.definition);
  if (!compiled.ok) throw new Error(compiled.reason);
  const { machine } = compiled;
  const env: Env = { now: 0, key: "bench" };
  const started = start(machine, env);
  if (started.kind !== "moved") throw new Error(started.message);
  let snapshot: Snapshot = started.snapshot;
  let count = 0;
  return () => {
    const event = subject.events[count++ % subject.events.length] ?? { type: "" };
    const result = stepOnce(machine, snapshot, event, env);
    if (result.kind !== "moved") throw new Error(`unexpected ${result.kind}`);
    snapshot = result.snapshot;
  };
}

function xstate(subject: Subject): () => void {
  // Why a cast: the chart is data here, and xstate infers its types from literals.
  const machine = createMachine(subject.xstate as Parameters<typeof createMachine>[0]);
  let snapshot = getInitialSnapshot(machine);
  let count = 0;
  return () => {
    const event = subject.events[count++ % subject.events.length] ?? { type: "" };
    [snapshot] = transition(machine, snapshot, event);
  };
}

// Slices alternate, so that other load on the machine meets both alike; the first of each is warming up.
const rounds = 21;
const sliceMs = (Number(process.argv[2] ?? 2) * 1000) / rounds;
for (const subject of subjects) {
  const ours: number[] = [];
  const theirs: number[] = [];
  const [step, transit] = [detent(subject), xstate(subject)];
  for (let round = 0; round < rounds; round++) {
    ours.push(slice(sliceMs, step));
    theirs.push(slice(sliceMs, transit));
  }
  const [mine, other] = [median(ours.slice(1)), median(theirs.slice(1))];
  const shown = (rate: number): string => Math.round(rate).toLocaleString("en");
  console.log(
    `${subject.name}: detent ${shown(mine)}/s, xstate ${shown(other)}/s, ratio ${(mine / other).toFixed(1)}, ` +
      `${(1e6 / mine).toFixed(2)} µs a step`,
  );
}
