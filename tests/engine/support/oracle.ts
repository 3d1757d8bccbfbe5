/** Runs a random chart in the engine and in xstate, and compares after each stimulus. */
import assert from "node:assert/strict";
import { configOf, OURS, XSTATE } from "./chart-dialects.ts";
import { type Driver, drive } from "./driver.ts";
import { chartFrom } from "./random-chart.ts";
import { XStateDriver } from "./xstate-driver.ts";

/** What is known of a machine from outside. */
type Observed = {
  readonly log: readonly string[];
  readonly active: readonly string[];
  readonly tags: readonly string[];
  readonly context: object;
  readonly status: string;
  readonly output: unknown;
  /** How long each timer still takes, in order of creation. */
  readonly waits: readonly number[];
};

function ofOurs({ machine, snapshot, effects, now }: Driver): Observed {
  const { configuration, context, status, output, timers } = snapshot;
  const states = configuration.map((index) => machine.states[index]);
  return {
    log: effects.flatMap((effect) => (effect.kind === "log" ? [String(effect.value)] : [])),
    active: states.map((state) => state?.id ?? "").sort(),
    tags: [...new Set(states.flatMap((state) => state?.tags ?? []))].sort(),
    context,
    status,
    // xstate has an output only where the root says which.
    output: machine.states[0]?.output === undefined ? undefined : output,
    waits: timers.map(({ deadlineMs }) => deadlineMs - now()),
  };
}

type XSnapshot = { readonly _nodes: readonly { readonly id: string }[]; readonly tags: ReadonlySet<string> };

function ofTheirs({ snapshot, log, waits }: XStateDriver): Observed {
  // Why a cast: the set of active nodes is not in the public type.
  const { _nodes, tags } = snapshot as unknown as XSnapshot;
  return {
    log,
    active: _nodes.map(({ id }) => id).sort(),
    tags: [...tags].sort(),
    context: snapshot.context,
    status: snapshot.status,
    output: snapshot.output,
    waits,
  };
}

/** An event, with or without data, or time that passes. */
export type Stimulus = { readonly type: string; readonly v?: number } | number;

/** Builds the chart that the numbers stand for. @throws AssertionError where the two differ */
export function compare(numbers: readonly number[], stimuli: readonly Stimulus[]): void {
  const chart = chartFrom(numbers);
  const ours = drive(configOf(chart, OURS));
  const theirs = new XStateDriver(configOf(chart, XSTATE));
  assert.deepEqual(ofOurs(ours), ofTheirs(theirs), "at the start");
  for (const stimulus of stimuli) {
    if (typeof stimulus === "number") {
      ours.advance(stimulus);
      theirs.advance(stimulus);
    } else {
      const { type, v } = stimulus;
      const result = ours.send(type, v === undefined ? undefined : { v });
      assert.ok(result.kind === "moved" || result.kind === "refused", result.kind);
      theirs.send(stimulus);
    }
    assert.deepEqual(ofOurs(ours), ofTheirs(theirs), `after ${JSON.stringify(stimulus)}`);
  }
}
