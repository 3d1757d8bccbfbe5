/** The seven original commands on a machine with a definition, so that a client that knows only them can drive it. */

import { next } from "../engine/explain.ts";
import { transitionMap } from "../engine/graph.ts";
import { type Machine, stateOf } from "../engine/machine.ts";
import { findState, start, activeStates as statesOf } from "../engine/step.ts";
import type { Effect } from "../engine/types.ts";
import { Delivery } from "./delivery.ts";
import { dropFailed, failedOf } from "./failures.ts";
import { dropDeferred } from "./inbox.ts";
import { eventsKept, forgetKept } from "./kept-events.ts";
import { type Next, type Refusal, stepEvent } from "./machine-step.ts";
import { begin } from "./making.ts";
import { type Chart, envOf, type Scope, type Subject } from "./subject.ts";
import type { TransitionMap } from "./transition-map.ts";
import type { Cause } from "./writing.ts";

/** A definition as a client sees it that knows map machines only. */
export interface DerivedMap {
  /** From its transitions; undefined when it would be too large. */
  readonly map: TransitionMap | undefined;
  /** Where a new machine starts, states of parallel regions joined by commas. */
  readonly initial: string;
}

const derivedMaps = new WeakMap<Machine, DerivedMap>();

/** Runs the initial macrostep once for each definition. O(1) but for the first time. */
export function derivedMap(machine: Machine): DerivedMap {
  let derived = derivedMaps.get(machine);
  if (derived === undefined) {
    const started = start(machine, { now: 0, key: "" });
    const initial = started.kind === "moved" ? statesOf(machine, started.snapshot).join(",") : "";
    derived = { map: transitionMap(machine), initial };
    derivedMaps.set(machine, derived);
  }
  return derived;
}

/** What SM.MUTATE asks for. */
export interface Wish {
  readonly to: string;
  readonly reason: string | undefined;
  readonly isForced: boolean;
  /** Whether an event may be sent for it; left out: any. */
  readonly mayUse?: (event: string) => boolean;
}

/**
 * SM.MUTATE: sends the first event, in document order, that leads to the state from where the machine is and whose
 * guard lets it pass without data. False when none does. Forced, the machine starts anew in that state with the
 * context it has.
 */
export function mutate(
  scope: Scope,
  subject: Subject,
  { to, reason, isForced, mayUse = () => true }: Wish,
): boolean {
  const { chart } = subject;
  if (chart === undefined || findState(chart.machine, to) === undefined) return false;
  if (isForced) {
    const beginning = { states: [to], wholeContext: chart.snapshot.context };
    restart(scope, subject, { kind: "force", reason }, beginning);
    return true;
  }
  const env = envOf(scope, subject);
  for (const { event, transitions } of next(chart.machine, chart.snapshot, env)) {
    if (event.includes("*") || !mayUse(event) || !transitions.some(({ targets }) => targets.includes(to)))
      continue;
    const outcome = stepEvent(subject, { type: event }, env);
    if (outcome.kind !== "moved" || !reaches(outcome, to)) continue;
    const delivery = new Delivery(scope);
    delivery.apply(subject, outcome, { kind: "mutate", reason, event }, { event, receivedMs: scope.nowMs });
    delivery.runFollowUps();
    return true;
  }
  return false;
}

/** What becomes of the events that wait in the inbox of a machine that is reset. */
const RESET: Refusal = { kind: "refused", code: "CANCELLED", message: "the machine was reset" };

/** SM.RESET: the machine starts anew with the context of its definition; its reason and scheduled events stay. */
export function reset(scope: Scope, subject: Subject): void {
  const emptied = dropDeferred(scope, subject, RESET);
  forgetKept(scope, emptied, eventsKept(emptied), RESET);
  const dropped = failedOf(scope, emptied);
  const cause = { kind: "reset", ...(dropped.length === 0 ? {} : { dropped }) } as const;
  restart(scope, dropFailed(scope, emptied, dropped), cause, {});
}

/** Whether a step has led to a state, even if it went on from there by itself. */
function reaches({ states, entered }: Next, to: string): boolean {
  return [...states, ...entered].some((state) => state === to || state.startsWith(`${to}.`));
}

/** Begins the machine anew: its timers are disarmed, and what its joins keep is tried once more unless it is reset. */
function restart(scope: Scope, subject: Subject, cause: Cause, options: Parameters<typeof begin>[1]): void {
  const { chart } = subject;
  if (chart === undefined) return;
  const begun = begin(chart.machine, options, envOf(scope, subject));
  const disarm = chart.snapshot.timers.map((timer) => ({ kind: "disarm" as const, timer }));
  const delivery = new Delivery(scope);
  const kept = cause.kind === "reset" ? [] : eventsKept(subject);
  const released = kept.length === 0 ? [] : [{ kind: "released" as const, kept }];
  if (cause.kind === "reset") delivery.stopChildren(subject);
  const stop = cause.kind === "reset" ? [] : stopsOf(chart);
  const unwatch = chart.snapshot.slas.map((sla) => ({ kind: "unwatch" as const, sla }));
  const effects = [...disarm, ...unwatch, ...released, ...stop, ...begun.effects];
  const whole = { ...begun, effects, joins: kept.length === 0 ? begun.joins : ("other" as const) };
  delivery.apply(subject, whole, cause, { event: "", receivedMs: scope.nowMs });
  delivery.runFollowUps();
}

/** The children that go with the states they live in. */
function stopsOf({ machine, snapshot }: Chart): Effect[] {
  const invokes = snapshot.configuration.flatMap((index) => stateOf(machine, index).invokes);
  return invokes.map(({ id }) => ({ kind: "stop", id }));
}
