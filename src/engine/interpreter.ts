/**
 * The working state of one macrostep: the only mutable thing in the engine, created for a step and thrown away with it.
 * What has not been touched is shared with the snapshot before (`owns*` says what has been copied).
 */
import type { Json, JsonObject } from "../base/json.ts";
import type { Scope } from "./expressions.ts";
import { type Machine, stateOf } from "./machine.ts";
import { type Effect, type Env, type Snapshot, STEP_LIMITS, type Timer, type TraceStep } from "./types.ts";

/** An event in the internal queue or being processed. */
export type InternalEvent = { readonly type: string; readonly data: Json | undefined };

/** Working state; also the scope of expressions. */
export type Run = Scope & {
  readonly machine: Machine;
  readonly before: Snapshot;
  context: JsonObject;
  eventType: string;
  eventData: Json | undefined;
  status: Snapshot["status"];
  output: Json | undefined;
  configuration: number[];
  ownsConfiguration: boolean;
  history: ReadonlyMap<number, readonly number[]>;
  timers: readonly Timer[];
  timerSeq: number;
  readonly queue: InternalEvent[];
  readonly effects: Effect[];
  /** Assigned paths in order of first assignment. */
  readonly assigned: Map<string, readonly string[]>;
  readonly trace: TraceStep[] | undefined;
  readonly microstepsMax: number;
  microsteps: number;
};

/** Why an event is undone. Thrown inside a macrostep only; `step` turns it into a result. */
export class ExecutionFailure extends Error {}

/** A run that starts from a snapshot with an event. */
export function createRun(
  machine: Machine,
  before: Snapshot,
  given: { readonly event: InternalEvent; readonly env: Env },
): Run {
  const { event, env } = given;
  const limits = env.limits ?? STEP_LIMITS;
  const run: Run = {
    machine,
    before,
    context: before.context,
    constants: machine.constants,
    eventType: event.type,
    eventData: event.data,
    now: env.now,
    key: env.key,
    resultSizeMax: limits.resultSizeMax,
    activeIds: () => activeNames(machine, run.configuration),
    status: before.status,
    output: before.output,
    // Why a cast: written to only after `ownConfiguration` has copied it.
    configuration: before.configuration as number[],
    ownsConfiguration: false,
    history: before.history,
    timers: before.timers,
    timerSeq: before.timerSeq,
    queue: [],
    effects: [],
    assigned: new Map(),
    trace: env.trace === true ? [] : undefined,
    microstepsMax: limits.microstepsMax,
    microsteps: 0,
  };
  return run;
}

/** The configuration, copied if it is still the snapshot's. */
export function ownConfiguration(run: Run): number[] {
  if (!run.ownsConfiguration) {
    run.configuration = run.configuration.slice();
    run.ownsConfiguration = true;
  }
  return run.configuration;
}

/** The snapshot a run has come to. */
export function snapshotOf(run: Run): Snapshot {
  const snapshot = {
    status: run.status,
    configuration: run.configuration,
    history: run.history,
    context: run.context,
    timers: run.timers,
    timerSeq: run.timerSeq,
  };
  return run.output === undefined ? snapshot : { ...snapshot, output: run.output };
}

function activeNames(machine: Machine, configuration: readonly number[]): readonly string[] {
  return configuration.flatMap((index) => stateOf(machine, index).names);
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
