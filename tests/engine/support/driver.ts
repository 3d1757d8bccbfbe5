/**
 * A machine with a virtual clock: delivers events, immediate raises, due timers and deferred events in the order a
 * server would. Optionally writes and reads the snapshot, and compiles the definition again, between all steps.
 */
import assert from "node:assert/strict";
import type { Json } from "../../../src/base/json.ts";
import { compile } from "../../../src/engine/compile.ts";
import type { Machine } from "../../../src/engine/machine.ts";
import { snapshotFromJson, snapshotToJson } from "../../../src/engine/snapshot.ts";
import { activeStates, deliver, fire, recall, start, step } from "../../../src/engine/step.ts";
import type {
  Effect,
  EngineEvent,
  Env,
  Moved,
  Snapshot,
  StepResult,
  TraceStep,
} from "../../../src/engine/types.ts";

export type Driver = {
  readonly machine: Machine;
  readonly snapshot: Snapshot;
  /** All effects so far, but those the driver has acted upon are among them too. */
  readonly effects: Effect[];
  readonly trace: TraceStep[];
  readonly inbox: EngineEvent[];
  send(type: string, data?: Json): StepResult;
  /** Lets time pass, firing due timers one by one. */
  advance(ms: number): void;
  states(): readonly string[];
  now(): number;
};

/** Compiles or fails the test with the reason. */
export function machineOf(definition: Json): Machine {
  const result = compile(definition);
  assert.ok(result.ok, result.ok ? "" : `${result.path}: ${result.reason}`);
  return result.machine;
}

export type DriverOptions = { readonly persist?: boolean; readonly state?: string; readonly now?: number };

export function drive(definition: Json, options: DriverOptions = {}): Driver {
  let machine = machineOf(definition);
  let clock = options.now ?? 1_000_000;
  let snapshot: Snapshot;
  const effects: Effect[] = [];
  const trace: TraceStep[] = [];
  const inbox: EngineEvent[] = [];
  const env = (): Env => ({ now: clock, key: "machine:1", trace: true });

  const persist = (): void => {
    if (options.persist !== true) return;
    const text = JSON.stringify(snapshotToJson(machine, snapshot));
    machine = machineOf(JSON.parse(JSON.stringify(definition)) as Json);
    const read = snapshotFromJson(machine, JSON.parse(text) as Json);
    assert.ok(read.ok, read.ok ? "" : read.reason);
    assert.deepEqual(read.snapshot, snapshot);
    snapshot = read.snapshot;
  };

  const raised: EngineEvent[] = [];

  const accept = (result: Moved): void => {
    snapshot = result.snapshot;
    effects.push(...result.effects);
    trace.push(...result.trace);
    persist();
    for (const effect of result.effects) {
      if (effect.kind === "raise") raised.push(withData(effect.event, effect.data));
    }
    const position = recall(machine, snapshot, inbox, env());
    const [event] = position === undefined ? [] : inbox.splice(position, 1);
    if (event !== undefined) settle(step(machine, snapshot, event, env()), event);
  };

  /** Delivers what was raised without delay, in order, and what that raises. */
  const deliverRaised = (): void => {
    for (let event = raised.shift(); event !== undefined; event = raised.shift())
      settle(deliver(machine, snapshot, { event, env: env() }), event);
  };

  const settle = (result: StepResult, event: EngineEvent): StepResult => {
    if (result.kind === "moved") accept(result);
    else if (result.kind === "deferred") inbox.push(event);
    if (result.kind === "deferred" || result.kind === "ignored" || result.kind === "failed")
      snapshot = result.snapshot;
    return result;
  };

  const started = start(machine, env(), options.state === undefined ? {} : { states: [options.state] });
  assert.equal(started.kind, "moved", started.kind === "moved" ? "" : started.message);
  assert.ok(started.kind === "moved");
  snapshot = started.snapshot;
  accept(started);
  deliverRaised();

  return {
    get machine() {
      return machine;
    },
    get snapshot() {
      return snapshot;
    },
    effects,
    trace,
    inbox,
    send(type, data) {
      const event = withData(type, data);
      const result = settle(step(machine, snapshot, event, env()), event);
      deliverRaised();
      persist();
      return result;
    },
    advance(ms) {
      const until = clock + ms;
      for (;;) {
        const [due] = [...snapshot.timers].sort((a, b) => a.deadlineMs - b.deadlineMs || a.seq - b.seq);
        if (due === undefined || due.deadlineMs > until) break;
        clock = Math.max(clock, due.deadlineMs);
        settle(fire(machine, snapshot, due.seq, env()), withData(due.event, due.data));
        deliverRaised();
        persist();
      }
      clock = until;
    },
    states: () => activeStates(machine, snapshot),
    now: () => clock,
  };
}

function withData(type: string, data: Json | undefined): EngineEvent {
  return data === undefined ? { type } : { type, data };
}
