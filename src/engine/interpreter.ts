/**
 * The working state of one macrostep: the only mutable thing in the engine, created for a step and thrown away with it.
 * What has not been touched is shared with the snapshot before (`owns*` says what has been copied).
 */
import type { Json, JsonObject } from "../base/json.ts";
import { EVENT_BUDGET, type Scope } from "./expressions-scope.ts";
import { type Machine, stateOf } from "./machine.ts";
import { type Effect, type Env, type Snapshot, STEP_LIMITS, type Timer, type TraceStep } from "./types.ts";

/** An event in the internal queue or being processed. */
export type InternalEvent = {
  readonly type: string;
  readonly data: Json | undefined;
  /** The text of the data where it was handed on whole. */
  readonly text?: string | undefined;
};

/** Working state; also the scope of expressions. A class for its cost: one object of one shape per step. */
export class Run implements Scope {
  readonly machine: Machine;
  readonly before: Snapshot;
  context: JsonObject;
  readonly constants: JsonObject;
  eventType: string;
  eventData: Json | undefined;
  eventText: string | undefined;
  readonly now: number;
  readonly key: string;
  readonly resultSizeMax: number;
  budgetLeft = EVENT_BUDGET;
  status: Snapshot["status"];
  output: Json | undefined;
  /** Written to only after `ownConfiguration` has copied it. */
  configuration: readonly number[];
  ownsConfiguration = false;
  history: ReadonlyMap<number, readonly number[]>;
  timers: readonly Timer[];
  timerSeq: number;
  readonly queue: InternalEvent[] = [];
  readonly effects: Effect[] = [];
  /** Assigned paths in order of first assignment. */
  assigned: Map<string, readonly string[]> | undefined = undefined;
  readonly trace: TraceStep[] | undefined;
  readonly microstepsMax: number;
  microsteps = 0;

  constructor(machine: Machine, before: Snapshot, given: InternalEvent & { readonly env: Env }) {
    const { env } = given;
    const limits = env.limits ?? STEP_LIMITS;
    this.machine = machine;
    this.before = before;
    this.context = before.context;
    this.constants = machine.constants;
    this.eventType = given.type;
    this.eventData = given.data;
    this.eventText = given.text;
    this.now = env.now;
    this.key = env.key;
    this.resultSizeMax = limits.resultSizeMax;
    this.status = before.status;
    this.output = before.output;
    this.configuration = before.configuration;
    this.history = before.history;
    this.timers = before.timers;
    this.timerSeq = before.timerSeq;
    this.trace = env.trace === true ? [] : undefined;
    this.microstepsMax = limits.microstepsMax;
  }

  activeIds(): readonly string[] {
    return this.configuration.flatMap((index) => stateOf(this.machine, index).names);
  }
}

/** Why an event is undone. Thrown inside a macrostep only; `step` turns it into a result. */
export class ExecutionFailure extends Error {}

/** The configuration to write to, copied if it is still the snapshot's. */
export function ownConfiguration(run: Run): number[] {
  if (!run.ownsConfiguration) {
    run.configuration = run.configuration.slice();
    run.ownsConfiguration = true;
  }
  // Why a cast: it is this run's own copy now.
  return run.configuration as number[];
}

/** The snapshot a run has come to. */
export function snapshotOf(run: Run): Snapshot {
  const { status, configuration, history, context, timers, timerSeq, output } = run;
  if (output === undefined) return { status, configuration, history, context, timers, timerSeq };
  return { status, configuration, history, context, timers, timerSeq, output };
}

/** Removes the timers that `isOver` says are over, with an effect for each. */
export function disarm(run: Run, isOver: (timer: Timer) => boolean): void {
  if (!run.timers.some(isOver)) return;
  for (const timer of run.timers) {
    if (isOver(timer)) run.effects.push({ kind: "disarm", timer });
  }
  run.timers = run.timers.filter((timer) => !isOver(timer));
}

/** Adds a timer `delayMs` from now. */
export function arm(run: Run, delayMs: number, timer: Omit<Timer, "seq" | "deadlineMs">): void {
  const armed: Timer = { seq: run.timerSeq, deadlineMs: run.now + delayMs, ...timer };
  run.timerSeq += 1;
  run.timers = [...run.timers, armed];
  run.effects.push({ kind: "arm", timer: armed });
}
