/**
 * One macrostep of a machine, whichever kind it is. A map machine is the smallest of statecharts: the event's name
 * is the target, and it is taken where the current state lists it (SPEC section 1).
 */

import type { Json } from "../../base/json.ts";
import { stateNames } from "../../engine/refusal.ts";
import { snapshotToJson } from "../../engine/snapshot.ts";
import { deliver, fire, step } from "../../engine/step.ts";
import type { Change, Effect, EngineEvent, Env, Moved, Snapshot, StepResult } from "../../engine/types.ts";
import type { Chart, Subject } from "./subject.ts";

/** What a machine has become. */
export interface Next {
  readonly kind: "moved";
  /** Active atomic states in document order. */
  readonly states: readonly string[];
  /** Those that were entered by this step, whether or not they were active before. */
  readonly entered: ReadonlySet<string>;
  readonly isDone: boolean;
  /** In its stored form. */
  readonly snapshot: Json;
  /** The same as the engine has it; undefined for a map machine. */
  readonly live: Snapshot | undefined;
  readonly effects: readonly Effect[];
  readonly changes: readonly Change[];
}

/** A refusal with its code and the text after it. */
export interface Refusal {
  readonly kind: "refused";
  readonly code: string;
  readonly message: string;
  /** What the machine is after the refusal, where that differs: a timer that failed is spent. */
  readonly snapshot?: Json;
}

export type StepOutcome = Next | Refusal | { readonly kind: "deferred" } | { readonly kind: "ignored" };

/** An event from outside. */
export function stepEvent(subject: Subject, event: EngineEvent, env: Env): StepOutcome {
  const { chart } = subject;
  if (chart === undefined) return stepMap(subject, event.type);
  return outcomeOf(chart, step(chart.machine, chart.snapshot, event, env));
}

/** An event the machine has sent itself: what nothing takes is spent. */
export function stepRaised(subject: Subject, event: EngineEvent, env: Env): StepOutcome {
  const { chart } = subject;
  if (chart === undefined) return stepMap(subject, event.type);
  return outcomeOf(chart, deliver(chart.machine, chart.snapshot, { event, env }));
}

/** A timer of the engine that is due. */
export function stepTimer(chart: Chart, sequence: number, env: Env): StepOutcome {
  const result = fire(chart.machine, chart.snapshot, sequence, env);
  const spent =
    result.snapshot === chart.snapshot ? undefined : snapshotToJson(chart.machine, result.snapshot);
  if (result.kind === "moved") return movedTo(chart, result);
  if (result.kind === "failed") {
    const refusal = { kind: "refused" as const, code: "EXECFAIL", message: result.message };
    return spent === undefined ? refusal : { ...refusal, snapshot: spent };
  }
  if (spent === undefined) return { kind: result.kind };
  // A timer nothing takes leaves the machine without it.
  return { ...unchanged(chart, result.snapshot), snapshot: spent };
}

/** A step that was taken, in the terms of the store. */
export function movedTo(chart: Chart, moved: Moved): Next {
  const entered = new Set<number>();
  for (const microstep of moved.trace) for (const index of microstep.entered) entered.add(index);
  return {
    ...unchanged(chart, moved.snapshot),
    entered: new Set(
      stateNames(
        chart.machine,
        [...entered].sort((a, b) => a - b),
      ),
    ),
    effects: moved.effects,
    changes: moved.changes,
  };
}

function unchanged(chart: Chart, snapshot: Snapshot): Next {
  return {
    kind: "moved",
    states: stateNames(chart.machine, snapshot.configuration),
    entered: new Set(),
    isDone: snapshot.status === "done",
    snapshot: snapshotToJson(chart.machine, snapshot),
    live: snapshot,
    effects: [],
    changes: [],
  };
}

function outcomeOf(chart: Chart, result: StepResult): StepOutcome {
  switch (result.kind) {
    case "moved":
      return movedTo(chart, result);
    case "refused":
      return { kind: "refused", code: result.code, message: result.message };
    case "failed":
      return { kind: "refused", code: "EXECFAIL", message: result.message };
    case "deferred":
    case "ignored":
      return { kind: result.kind };
  }
}

function stepMap(subject: Subject, target: string): StepOutcome {
  const current = subject.machine.states[0]?.[0] ?? "";
  const targets = targetsOf(subject, current);
  if (!targets.includes(target)) {
    const accepted = targets.length === 0 ? "none" : [...new Set(targets)].join(", ");
    const message = `event '${target}' is not accepted in '${current}'; accepted: ${accepted}`;
    return { kind: "refused", code: "ILLEGAL", message };
  }
  return {
    kind: "moved",
    states: [target],
    entered: new Set([target]),
    isDone: false,
    snapshot: null,
    live: undefined,
    effects: [],
    changes: [],
  };
}

/** The targets a map machine lists for a state. */
export function targetsOf(subject: Subject, state: string): readonly string[] {
  return subject.machine.map?.find(([name]) => name === state)?.[1] ?? [];
}
