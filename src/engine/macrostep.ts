/** One macrostep: microsteps until nothing is enabled and no internal event waits. SCXML's main event loop. */

import { sameData } from "../base/exact-json.ts";
import type { Json, JsonObject } from "../base/json.ts";
import { isJsonObject } from "../base/json.ts";
import { runActions } from "./actions.ts";
import { BUDGET_SPENT } from "./expressions-scope.ts";
import { localsOf } from "./inexact-data.ts";
import { disarm, ExecutionFailure, type Run, unwatch } from "./interpreter.ts";
import { completeJoin, consume, keep, placeFor, release } from "./joins.ts";
import { type Join, stateOf, type Transition } from "./machine.ts";
import { microstep } from "./microstep.ts";
import { removeConflictingTransitions, selectEventlessTransitions, selectTransitions } from "./select.ts";
import type { Change } from "./types.ts";

/**
 * Takes the transitions given, then automatic ones and internal events until the configuration is stable.
 * @throws ExecutionFailure when an action fails or the bound on microsteps is reached.
 */
export function macrostep(run: Run, transitions: readonly Transition[]): void {
  if (transitions.length > 0) microstep(run, removeConflictingTransitions(run, transitions));
  runToCompletion(run);
}

/** The part after the first microstep; also what follows the entry of the initial states. */
export function runToCompletion(run: Run): void {
  const hasEventless = run.machine.eventless.length > 0;
  let looksForEventless = hasEventless;
  while (run.status === "active") {
    const eventless = looksForEventless ? selectEventlessTransitions(run) : undefined;
    if (eventless !== undefined && eventless.length > 0) {
      // An automatic step that changed nothing would be taken for ever: wait for the next event (XState's choice).
      looksForEventless = eventlessStep(run, eventless);
      continue;
    }
    const event = run.queue.shift();
    if (event === undefined) {
      const join = completeJoin(run);
      if (join === undefined) break;
      takeJoin(run, join);
      looksForEventless = hasEventless;
      continue;
    }
    run.eventType = event.type;
    run.eventData = event.data;
    run.eventText = event.text;
    run.eventOrigin = undefined;
    count(run);
    const { transitions } = selectTransitions(run, event.type);
    const place = placeFor(run, event.type, transitions);
    if (place !== undefined) keep(run, place);
    else if (transitions.length > 0) microstep(run, removeConflictingTransitions(run, transitions));
    looksForEventless = hasEventless;
  }
  if (run.status !== "active") endRun(run);
  checkBudget(run);
}

/**
 * A guard that runs out of budget is false like any other that cannot be evaluated; the event must not go on as if it
 * had been looked at. @throws ExecutionFailure when the budget of the event is spent
 */
export function checkBudget(run: Run): void {
  if (run.budgetLeft > 0) return;
  throw new ExecutionFailure(BUDGET_SPENT);
}

/** Counts a microstep. @throws ExecutionFailure beyond the bounds. */
function count(run: Run): void {
  run.microsteps += 1;
  checkBudget(run);
  if (run.microsteps > run.microstepsMax) {
    throw new ExecutionFailure(
      `no stable state after ${run.microstepsMax} microsteps; the last event was '${run.eventType}'`,
    );
  }
}

/** Takes a join that is complete. One that has used no event and changed nothing would be taken for ever. */
function takeJoin(run: Run, join: Join): void {
  const { effects } = run;
  const before = effects.length;
  run.locals = localsOf(undefined, { events: consume(run, join) });
  const hasUsed = effects.length > before;
  const hasChanged = eventlessStep(run, [join.transition]);
  run.locals = undefined;
  if (hasUsed || hasChanged) return;
  run.idleJoins ??= new Set();
  run.idleJoins.add(join.number);
}

/** One automatic microstep. Returns whether it changed configuration, context or history. */
function eventlessStep(run: Run, transitions: readonly Transition[]): boolean {
  count(run);
  const { contextChanges, history } = run;
  const { configuration } = run;
  microstep(run, removeConflictingTransitions(run, transitions));
  return (
    run.contextChanges !== contextChanges ||
    run.history !== history ||
    !isSame(configuration, run.configuration)
  );
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((item, index) => item === b[index]));
}

/** A machine that is done runs the exits of what is active, last one first, and keeps its final configuration. */
function endRun(run: Run): void {
  for (const index of run.configuration.toReversed()) runActions(run, stateOf(run.machine, index).exit);
  disarm(run, run.timers.clear());
  release(run, run.configuration);
  unwatch(run, run.configuration);
}

/** What assignments changed: each path whose value is another than before; without a value where it was removed. */
export function changesOf(run: Run): readonly Change[] {
  const changes: Change[] = [];
  for (const [path, keys] of run.assigned ?? []) {
    const value = valueAt(run.context, keys);
    const before = valueAt(run.before.context, keys);
    if (value === undefined) {
      if (before !== undefined) changes.push({ path });
    } else if (!sameData(value, before)) changes.push({ path, value });
  }
  return changes;
}

function valueAt(context: JsonObject, keys: readonly string[]): Json | undefined {
  let value: Json | undefined = context;
  for (const key of keys) {
    if (Array.isArray(value)) value = value[Number(key)];
    else value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}
