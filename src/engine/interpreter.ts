/**
 * The working state of one macrostep: the only mutable thing in the engine, created for a step and thrown away with it.
 * What has not been touched is shared with the snapshot before (`owns*` says what has been copied).
 */
import type { Json, JsonObject } from "../base/json.ts";
import { EVENT_BUDGET, type Scope } from "./expressions-scope.ts";
import { type Machine, stateOf } from "./machine.ts";
import { hasNumber, lowerBound, merged } from "./sorted.ts";
import { TimerTable } from "./timer-table.ts";
import {
  type Effect,
  type Env,
  type EventOrigin,
  type FailureCode,
  type Kept,
  type Relatives,
  type Sla,
  type Snapshot,
  STEP_LIMITS,
  type StepObserver,
  type Timer,
  type TraceStep,
} from "./types.ts";

/** An event in the internal queue or being processed. */
export type InternalEvent = {
  readonly type: string;
  readonly data: Json | undefined;
  /** The text of the data where it was handed on whole. */
  readonly text?: string | undefined;
  readonly origin?: EventOrigin | undefined;
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
  /** How the event came, where it came from outside. */
  eventOrigin: EventOrigin | undefined;
  readonly now: number;
  readonly key: string;
  readonly resultSizeMax: number;
  readonly relatives: Relatives | undefined;
  budgetLeft = EVENT_BUDGET;
  /** The variables of the `forEach` that is running. */
  locals: JsonObject | undefined = undefined;
  /** Actions that may still run. */
  actionsLeft = ACTIONS_MAX;
  status: Snapshot["status"];
  output: Json | undefined;
  /** The active states as they were before the microstep that is under way; `settle` brings it up to date. */
  configuration: readonly number[];
  /** What that microstep leaves, ascending; the states from position `leftFrom` on have been left. */
  #leaving: readonly number[] = NONE;
  #leftFrom = 0;
  /** What it enters, ascending, and how many of these have been entered. */
  #entering: readonly number[] = NONE;
  #enteredCount = 0;
  #names: readonly string[] | undefined = undefined;
  history: ReadonlyMap<number, readonly number[]>;
  readonly timers: TimerTable;
  kept: readonly Kept[];
  slas: readonly Sla[];
  /** Numbers of the joins that have got something since they were looked at; and of those that are not taken again. */
  joinsToCheck: Set<number> | undefined = undefined;
  idleJoins: Set<number> | undefined = undefined;
  timerSeq: number;
  readonly queue = new Queue<InternalEvent>();
  readonly effects: Effect[] = [];
  /** Objects and lists of the context that this run has made, and nobody else has seen. */
  ownContainers: Set<object> | undefined = undefined;
  /** How often the context was changed. */
  contextChanges = 0;
  /** Assigned paths in order of first assignment. */
  assigned: Map<string, readonly string[]> | undefined = undefined;
  readonly trace: TraceStep[] | undefined;
  readonly observer: StepObserver | undefined;
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
    this.eventOrigin = given.origin;
    this.now = env.now;
    this.key = env.key;
    this.resultSizeMax = limits.resultSizeMax;
    this.relatives = env.relatives;
    this.status = before.status;
    this.output = before.output;
    this.configuration = before.configuration;
    this.history = before.history;
    this.timers = new TimerTable(before.timers);
    this.kept = before.kept;
    this.slas = before.slas;
    this.timerSeq = before.timerSeq;
    this.trace = env.trace === true ? [] : undefined;
    this.observer = env.observer;
    this.microstepsMax = limits.microstepsMax;
  }

  activeIds(): readonly string[] {
    this.#names ??= this.#active().flatMap((index) => stateOf(this.machine, index).names);
    return this.#names;
  }

  /** True while the state is active: left and entered one by one within a microstep (rule 9). */
  isActive(index: number): boolean {
    if (this.#enteredCount > 0 && index <= (this.#entering[this.#enteredCount - 1] ?? -1)) {
      if (hasNumber(this.#entering, index)) return true;
    }
    return hasNumber(this.configuration, index) && !this.#isLeft(index);
  }

  /** The first active state below one, which of a compound state is its active child; undefined for none. */
  firstBelow(index: number): number | undefined {
    const { last } = stateOf(this.machine, index);
    const old = this.configuration[lowerBound(this.configuration, index + 1)];
    if (old !== undefined && old <= last && !this.#isLeft(old)) return old;
    const position = lowerBound(this.#entering, index + 1);
    const entered = position < this.#enteredCount ? this.#entering[position] : undefined;
    return entered !== undefined && entered <= last ? entered : undefined;
  }

  /** A microstep begins to leave states, given in ascending order. */
  startLeaving(states: readonly number[]): void {
    this.#leaving = states;
    this.#leftFrom = states.length;
  }

  /** The last of the states to leave that is still there has been left. */
  leaveLast(): void {
    this.#leftFrom -= 1;
    this.#names = undefined;
  }

  /** A microstep begins to enter states, given in ascending order. */
  startEntering(states: readonly number[]): void {
    this.#entering = states;
    this.#enteredCount = 0;
  }

  /** The next of the states to enter is active now. */
  enterNext(): void {
    this.#enteredCount += 1;
    this.#names = undefined;
  }

  /** The microstep is over. */
  settle(): void {
    this.configuration = this.#active();
    this.#leaving = NONE;
    this.#leftFrom = 0;
    this.#entering = NONE;
    this.#enteredCount = 0;
  }

  #isLeft(index: number): boolean {
    return (
      index >= (this.#leaving[this.#leftFrom] ?? Number.POSITIVE_INFINITY) && hasNumber(this.#leaving, index)
    );
  }

  #active(): readonly number[] {
    if (this.#leaving.length === 0 && this.#enteredCount === 0) return this.configuration;
    return merged(
      this.configuration,
      this.#leaving.slice(this.#leftFrom),
      this.#entering.slice(0, this.#enteredCount),
    );
  }
}

const NONE: readonly number[] = [];

/** First in, first out; taking one costs the same however many wait. */
class Queue<T> {
  readonly #items: T[] = [];
  #head = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (item !== undefined) this.#head += 1;
    return item;
  }
}

/** Actions of one event, those of loops once for each item. */
export const ACTIONS_MAX = 100_000;

/** Why an event is undone. Thrown inside a macrostep only; `step` turns it into a result. */
export class ExecutionFailure extends Error {
  readonly code: FailureCode;

  constructor(message: string, code: FailureCode = "EXECFAIL") {
    super(message);
    this.code = code;
  }
}

/** The snapshot a run has come to. */
export function snapshotOf(run: Run): Snapshot {
  const { status, configuration, history, context, kept, slas, timerSeq, output } = run;
  const timers = run.timers.list();
  if (output === undefined) return { status, configuration, history, context, timers, kept, slas, timerSeq };
  return { status, configuration, history, context, timers, kept, slas, timerSeq, output };
}

/** Tells the caller of timers that are over. */
export function disarm(run: Run, timers: readonly Timer[]): void {
  for (const timer of timers) run.effects.push({ kind: "disarm", timer });
}

/** Adds a timer `delayMs` from now. */
export function arm(run: Run, delayMs: number, timer: Omit<Timer, "seq" | "deadlineMs">): void {
  const armed: Timer = { seq: run.timerSeq, deadlineMs: run.now + delayMs, ...timer };
  run.timerSeq += 1;
  run.timers.add(armed);
  run.effects.push({ kind: "arm", timer: armed });
}

/** A state is entered that is not to last longer than `lengthMs`. */
export function watch(run: Run, state: number, lengthMs: number): void {
  const sla: Sla = { state, sinceMs: run.now, deadlineMs: run.now + lengthMs };
  run.slas = [...run.slas, sla];
  run.effects.push({ kind: "watch", sla });
}

/** States are left, or the machine is done: how long they last no longer matters. */
export function unwatch(run: Run, states: readonly number[]): void {
  if (run.slas.length === 0) return;
  const left = run.slas.filter(({ state }) => hasNumber(states, state));
  if (left.length === 0) return;
  run.slas = run.slas.filter((sla) => !left.includes(sla));
  for (const sla of left) run.effects.push({ kind: "unwatch", sla });
}
