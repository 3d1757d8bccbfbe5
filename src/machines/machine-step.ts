/**
 * One macrostep of a machine, whichever kind it is. A map machine is the smallest of statecharts: the event's name
 * is the target, and it is taken where the current state lists it.
 */

import { EventData } from "../base/event-data.ts";
import type { Json } from "../base/json.ts";
import { targetPaths } from "../engine/explain.ts";
import { type Machine, stateOf, type Transition } from "../engine/machine.ts";
import { notAccepted, stateNames } from "../engine/refusal.ts";
import { snapshotToJson } from "../engine/snapshot.ts";
import { deliver, fire, step } from "../engine/step.ts";
import type {
  Change,
  Effect,
  EngineEvent,
  EventOrigin,
  Moved,
  Snapshot,
  StepResult,
  Timer,
} from "../engine/types.ts";
import type { Edge } from "../keyspace/changes.ts";
import { indexOf } from "./map-index.ts";
import type { Chart, MachineBounds, StepEnv, Subject } from "./subject.ts";
import { TASKS_PER_CHANGE_MAX } from "./tasks.ts";

/** What a machine has become. */
export interface Next {
  readonly kind: "moved";
  /** Active atomic states in document order. */
  readonly states: readonly string[];
  /** The states, outer ones among them, that this step has entered, each once, whether or not they were active before. */
  readonly entered: readonly string[];
  /** The atomic states that were entered and left again before the step ended, in order; undefined for none. */
  readonly via: readonly string[] | undefined;
  readonly isDone: boolean;
  /** Why the machine is suspended from now on; undefined when it is not. */
  readonly suspension: { readonly reason: string | undefined } | undefined;
  /** In its stored form. */
  readonly snapshot: Json;
  /** The same as the engine has it; undefined for a map machine. */
  readonly live: Snapshot | undefined;
  readonly effects: readonly Effect[];
  readonly changes: readonly Change[];
  /** What became of events at joins; undefined for nothing. */
  readonly joins: "kept" | "other" | undefined;
  /** The transitions that were taken, in order. */
  readonly taken: readonly Edge[];
}

/** A refusal with its code and the text after it. */
export interface Refusal extends Untaken {
  readonly kind: "refused";
  readonly code: string;
  readonly message: string;
}

/** An event that moves nothing: it waits in the inbox from now on, or is spent. */
export interface Unmoved extends Untaken {
  readonly kind: "deferred" | "ignored";
}

interface Untaken {
  /** What the machine is then, where that differs: the timer that has brought the event is gone. */
  readonly spent?: Snapshot;
}

export type StepOutcome = Next | Refusal | Unmoved;

/** What waits or was sent, as the engine takes it; it reads how the event came from what it is given. */
export function eventOf(given: EventWithData): EngineEvent {
  const { event, data } = given;
  return data === undefined
    ? { type: event, origin: given }
    : { type: event, data: data.value, text: data.text, origin: given };
}

/** As `eventOf`, for an event that the machine has sent itself. */
export function ownEventOf({ event, data }: EventWithData): EngineEvent {
  return data === undefined ? { type: event } : { type: event, data: data.value, text: data.text };
}

interface EventWithData extends EventOrigin {
  readonly event: string;
  readonly data?: EventData | undefined;
}

/** The data of an event that the engine has made. */
export function madeData({ data, text }: Pick<Timer, "data" | "text">): EventData | undefined {
  return data === undefined ? undefined : EventData.ofValue(data, text);
}

/** An event from outside. */
export function stepEvent(subject: Subject, event: EngineEvent, env: StepEnv): StepOutcome {
  const { chart } = subject;
  if (chart === undefined) return stepMap(subject, event.type);
  return outcomeOf(chart, step(chart.machine, chart.snapshot, event, env), env);
}

/** An event the machine has sent itself: what nothing takes is spent. */
export function stepRaised(subject: Subject, event: EngineEvent, env: StepEnv): StepOutcome {
  const { chart } = subject;
  if (chart === undefined) return stepMap(subject, event.type);
  return outcomeOf(chart, deliver(chart.machine, chart.snapshot, { event, env }), env);
}

/** A timer of the engine that is due. Whatever comes of it, the machine no longer has it. */
export function stepTimer(chart: Chart, sequence: number, env: StepEnv): StepOutcome {
  const { machine, snapshot } = chart;
  const outcome = outcomeOf(chart, fire(machine, snapshot, sequence, env), env);
  if (outcome.kind === "moved") return outcome;
  const timers = snapshot.timers.filter(({ seq }) => seq !== sequence);
  return { ...outcome, spent: { ...snapshot, timers } };
}

/** A step that was taken; refused when the machine would then hold more than it may. */
export function taken(chart: Chart, moved: Moved, { bounds }: StepEnv): Next | Refusal {
  const next = movedTo(chart, moved);
  const reason = excess(next, bounds);
  return reason === undefined ? next : { kind: "refused", code: "EXECFAIL", message: reason };
}

function excess({ live, changes, effects, joins }: Next, bounds: MachineBounds): string | undefined {
  const { contextBytesMax, timersMax } = bounds;
  if (joins === "kept" && live !== undefined) {
    const reason = keptExcess(live.kept, bounds);
    if (reason !== undefined) return reason;
  }
  if (changes.length > 0) {
    const bytes = Buffer.byteLength(JSON.stringify(live?.context ?? {}));
    if (bytes > contextBytesMax)
      return `the context would take ${bytes} bytes, sm-context-bytes-max is ${contextBytesMax}`;
  }
  const timerCount = live?.timers.length ?? 0;
  if (timerCount > timersMax && effects.some(({ kind }) => kind === "arm"))
    return `the machine would have ${timerCount} timers, sm-timers-max is ${timersMax}`;
  if (
    effects.length >= TASKS_PER_CHANGE_MAX &&
    effects.filter(({ kind }) => kind === "task").length >= TASKS_PER_CHANGE_MAX
  )
    return `one event has set ${TASKS_PER_CHANGE_MAX} tasks or more`;
  return undefined;
}

function keptExcess(kept: Snapshot["kept"], { contextBytesMax, keptMax }: MachineBounds): string | undefined {
  if (kept.length > keptMax)
    return `the machine's joins would keep ${kept.length} events, sm-inbox-max is ${keptMax}`;
  const bytes = kept.reduce((sum, { data, text }) => sum + sizeOf(text ?? data), 0);
  return bytes > contextBytesMax
    ? `the events that the machine's joins keep would take ${bytes} bytes, sm-context-bytes-max is ${contextBytesMax}`
    : undefined;
}

function sizeOf(data: Json | undefined): number {
  if (data === undefined) return 0;
  return Buffer.byteLength(typeof data === "string" ? data : JSON.stringify(data));
}

/** In the terms of the store. */
function movedTo({ machine }: Chart, { snapshot, trace, effects, changes }: Moved): Next {
  return {
    kind: "moved",
    states: stateNames(machine, snapshot.configuration),
    entered: enteredIn(machine, trace),
    via: trace.length < 2 ? undefined : passed(machine, snapshot, trace),
    isDone: snapshot.status === "done",
    suspension: suspensionIn(effects),
    snapshot: snapshotToJson(machine, snapshot),
    live: snapshot,
    effects,
    changes,
    joins: machine.joins.length === 0 ? undefined : atJoins(effects),
    taken: edgesOf(machine, trace),
  };
}

function enteredIn(machine: Machine, trace: Moved["trace"]): readonly string[] {
  const [only] = trace;
  if (trace.length === 1 && only !== undefined)
    return only.entered.map((index) => stateOf(machine, index).path);
  const paths = new Set<string>();
  for (const { entered } of trace) for (const index of entered) paths.add(stateOf(machine, index).path);
  return [...paths];
}

const edges = new WeakMap<Transition, Edge>();

function edgesOf(machine: Machine, trace: Moved["trace"]): readonly Edge[] {
  const [only] = trace;
  if (trace.length === 1 && only !== undefined)
    return only.transitions.map((transition) => edgeOf(machine, transition));
  const taken: Edge[] = [];
  for (const { transitions } of trace)
    for (const transition of transitions) taken.push(edgeOf(machine, transition));
  return taken;
}

function edgeOf(machine: Machine, transition: Transition): Edge {
  let edge = edges.get(transition);
  if (edge === undefined) {
    const from = stateOf(machine, transition.source).path;
    const [to, event] = [targetPaths(machine, transition), transition.descriptor];
    edge = { name: JSON.stringify([from, event, ...to]), from, to, event };
    edges.set(transition, edge);
  }
  return edge;
}

/** `kept` for an event that waits in a join now, and has done nothing else there. */
function atJoins(effects: readonly Effect[]): Next["joins"] {
  let found: Next["joins"];
  const used = new Set<number>();
  const kept: number[] = [];
  for (const effect of effects) {
    if (effect.kind === "kept") kept.push(...effect.kept.map(({ seq }) => seq));
    else if (effect.kind === "consumed" || effect.kind === "released" || effect.kind === "expired") {
      for (const { seq } of effect.kept) used.add(seq);
    } else continue;
    found = "other";
  }
  return kept.some((seq) => !used.has(seq)) ? "kept" : found;
}

function suspensionIn(effects: readonly Effect[]): Next["suspension"] {
  const last = effects.findLast((effect) => effect.kind === "suspend");
  return last && { reason: last.reason };
}

function passed(machine: Machine, snapshot: Snapshot, trace: Moved["trace"]): readonly string[] | undefined {
  const active = new Set(snapshot.configuration);
  const via = new Set<string>();
  for (const index of trace.flatMap(({ entered }) => entered)) {
    const { path, children } = stateOf(machine, index);
    if (children.length === 0 && !active.has(index)) via.add(path);
  }
  return via.size === 0 ? undefined : [...via];
}

function outcomeOf(chart: Chart, result: StepResult, env: StepEnv): StepOutcome {
  switch (result.kind) {
    case "moved":
      return taken(chart, result, env);
    case "refused":
      return { kind: "refused", code: result.code, message: result.message };
    case "failed":
      return { kind: "refused", code: result.code, message: result.message };
    case "deferred":
    case "ignored":
      return { kind: result.kind };
  }
}

function stepMap(subject: Subject, target: string): StepOutcome {
  const current = subject.machine.states[0]?.[0] ?? "";
  const targets = targetsOf(subject, current);
  if (!targets.has(target)) {
    const message = notAccepted(target, [current], [...targets]);
    return { kind: "refused", code: "ILLEGAL", message };
  }
  return {
    kind: "moved",
    states: [target],
    entered: [target],
    via: undefined,
    isDone: false,
    suspension: undefined,
    snapshot: null,
    live: undefined,
    effects: [],
    changes: [],
    joins: undefined,
    taken: [],
  };
}

/** The targets that a map machine lists for a state, each once. */
export function targetsOf({ machine: { map } }: Subject, state: string): ReadonlySet<string> {
  return (map === undefined ? undefined : indexOf(map).targets.get(state)) ?? NO_TARGETS;
}

const NO_TARGETS: ReadonlySet<string> = new Set();
