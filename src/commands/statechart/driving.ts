/** The seven original commands on a machine with a definition, so that a client that knows no more can drive it. */

import { next } from "../../engine/explain.ts";
import { transitionMap } from "../../engine/graph.ts";
import type { Machine } from "../../engine/machine.ts";
import { findState, start, activeStates as statesOf } from "../../engine/step.ts";
import { activeNames } from "../../store/machine-record.ts";
import { begin } from "./creation.ts";
import { Delivery } from "./delivery.ts";
import { dropDeferred } from "./inbox.ts";
import { type Next, type Refusal, stepEvent } from "./machine-step.ts";
import { envOf, type Scope, type Subject } from "./subject.ts";
import type { Cause } from "./writing.ts";

/** The four fields SM.GET prints: the map is derived from the transitions of the definition. */
export function documentOf({ machine, chart }: Subject): string {
  const { reason } = machine;
  const current = JSON.stringify(activeNames(machine).join(","));
  const map = chart === undefined ? [] : transitionMap(chart.machine);
  const members = map.map(([state, targets]) => `${JSON.stringify(state)}:${JSON.stringify(targets)}`);
  const initial = JSON.stringify(chart === undefined ? "" : initialOf(chart.machine));
  const last = reason === undefined ? "" : `,"reason":${JSON.stringify(reason)}`;
  return `{"current":${current},"map":{${members.join(",")}},"initial":${initial}${last}}`;
}

/** The states SM.STATE LIST shows: those the derived map has as keys. */
export function listedStates({ chart }: Subject): string[] {
  return chart === undefined ? [] : transitionMap(chart.machine).map(([state]) => state);
}

const initials = new WeakMap<Machine, string>();

/** Where a new machine starts, states of parallel regions joined by commas. Runs the initial macrostep once. */
function initialOf(machine: Machine): string {
  let initial = initials.get(machine);
  if (initial === undefined) {
    const started = start(machine, { now: 0, key: "" });
    initial = started.kind === "moved" ? statesOf(machine, started.snapshot).join(",") : "";
    initials.set(machine, initial);
  }
  return initial;
}

/** What SM.MUTATE asks for. */
export interface Wish {
  readonly to: string;
  readonly reason: string | undefined;
  readonly isForced: boolean;
}

/**
 * SM.MUTATE: sends the first event, in document order, that leads to the state from where the machine is and whose
 * guard lets it pass without data. False when none does. Forced, the machine starts anew in that state with the
 * context it has.
 */
export function mutate(scope: Scope, subject: Subject, { to, reason, isForced }: Wish): boolean {
  const { chart } = subject;
  if (chart === undefined || findState(chart.machine, to) === undefined) return false;
  if (isForced) {
    restart(scope, subject, { kind: "force", reason }, { state: to, context: chart.snapshot.context });
    return true;
  }
  const env = envOf(scope, subject.key);
  for (const { event, transitions } of next(chart.machine, chart.snapshot, env)) {
    if (event.includes("*") || !transitions.some(({ targets }) => targets.includes(to))) continue;
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
  restart(scope, dropDeferred(scope, subject, RESET), { kind: "reset" }, {});
}

/** Whether a step has led to a state, even if it went on from there by itself. */
function reaches({ states, entered }: Next, to: string): boolean {
  return [...states, ...entered].some((state) => state === to || state.startsWith(`${to}.`));
}

/** Begins the machine anew: its timers are disarmed. */
function restart(scope: Scope, subject: Subject, cause: Cause, options: Parameters<typeof begin>[1]): void {
  const { chart } = subject;
  if (chart === undefined) return;
  const begun = begin(chart.machine, options, envOf(scope, subject.key));
  const disarm = chart.snapshot.timers.map((timer) => ({ kind: "disarm" as const, timer }));
  const delivery = new Delivery(scope);
  const whole = { ...begun, effects: [...disarm, ...begun.effects] };
  delivery.apply(subject, whole, cause, { event: "", receivedMs: scope.nowMs });
  delivery.runFollowUps();
}
