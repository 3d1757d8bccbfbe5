/** Whether a machine is what `then` says; of each thing that differs a line. */
import { sameData, textOfJson } from "../base/exact-json.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { durationIn } from "../engine/durations.ts";
import { isInternal } from "../engine/event-names.ts";
import { stateOf } from "../engine/machine.ts";
import { acceptedEvents, shown } from "../engine/refusal.ts";
import { activeStates } from "../engine/step.ts";
import type { Effect } from "../engine/types.ts";
import { isIn, type Refusal, type Rehearsed, type Situation, statusOf, timersInOrder } from "./rehearsal.ts";

/** What a step has come to. */
export interface Reached {
  readonly situation: Situation;
  readonly effects: readonly Effect[];
  /** Of the last action. */
  readonly refusal: Refusal | undefined;
}

type Check = (expected: Json, rehearsed: Rehearsed, reached: Reached) => readonly string[];

/** What differs; empty when all is as expected. */
export function differences(then: JsonObject, rehearsed: Rehearsed, reached: Reached): readonly string[] {
  return Object.entries(then).flatMap(([key, expected]) => CHECKS[key]?.(expected, rehearsed, reached) ?? []);
}

const CHECKS: Readonly<Record<string, Check>> = {
  state: (expected, { machine }, { situation: { snapshot } }) =>
    textsOf(expected)
      .filter((name) => !isIn(machine, snapshot, name))
      .map((name) => `state: expected '${name}', it is ${namesOf(activeStates(machine, snapshot))}`),
  states: (expected, { machine }, { situation: { snapshot } }) =>
    compare("states", textsOf(expected), activeStates(machine, snapshot)),
  context: (expected, _, { situation: { snapshot } }) => mismatches("context", expected, snapshot.context),
  status: (expected, _, { situation }) => compare("status", expected, statusOf(situation)),
  refused: (expected, _, { refusal }) => refusalDifferences(expected, refusal),
  effects: (expected, _, { effects }) => listDifferences("effects", expected, effectsOf(effects)),
  log: (expected, _, { effects }) =>
    compare(
      "log",
      expected,
      effects.flatMap((effect) => (effect.kind === "log" ? [effect.value] : [])),
    ),
  timers: (expected, _, { situation }) => timerDifferences(expected, situation),
  accepted: (expected, { machine }, { situation: { snapshot } }) =>
    compare(
      "accepted",
      [...textsOf(expected)].sort(),
      snapshot.status === "done" ? [] : [...acceptedEvents(machine, snapshot)].filter(isSent).sort(),
    ),
  deferred: (expected, _, { situation }) =>
    compare(
      "deferred",
      textsOf(expected),
      situation.inbox.map(({ type }) => type),
    ),
  failed: (expected, _, { situation }) =>
    compare(
      "failed",
      textsOf(expected),
      situation.failed.map(({ event }) => event),
    ),
  overdue: (expected, { machine }, { situation: { snapshot, nowMs } }) =>
    compare(
      "overdue",
      textsOf(expected),
      snapshot.slas
        .filter(({ deadlineMs }) => deadlineMs <= nowMs)
        .map(({ state }) => stateOf(machine, state).path),
    ),
  output: (expected, _, { situation: { snapshot } }) => mismatches("output", expected, snapshot.output),
};

function isSent(event: string): boolean {
  return !isInternal(event);
}

function textsOf(value: Json): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map((item: Json) =>
    typeof item === "string" ? item : textOfJson(item),
  );
}

function namesOf(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(", ");
}

function compare(what: string, expected: Json, actual: Json): readonly string[] {
  return sameData(expected, actual) ? [] : [`${what}: expected ${shown(expected)}, it is ${shown(actual)}`];
}

/** Objects hold what is named, and may hold more; everything else is the same. */
export function mismatches(what: string, expected: Json, actual: Json | undefined): readonly string[] {
  if (actual === undefined) return [`${what}: expected ${shown(expected)}, there is none`];
  if (!isJsonObject(expected) || !isJsonObject(actual)) return compare(what, expected, actual);
  return Object.entries(expected).flatMap(([key, value]) =>
    mismatches(`${what}.${key}`, value, Object.hasOwn(actual, key) ? actual[key] : undefined),
  );
}

function listDifferences(what: string, expected: Json, actual: readonly JsonObject[]): readonly string[] {
  if (!Array.isArray(expected)) return [`${what}: a list is needed here, this is ${shown(expected)}`];
  const wanted: readonly Json[] = expected;
  if (wanted.length !== actual.length)
    return [
      `${what}: expected ${wanted.length} (${shown(expected)}), there are ${actual.length} (${shown(actual)})`,
    ];
  return wanted.flatMap((item, index) => mismatches(`${what}[${index}]`, item, actual[index]));
}

/** A code, `true` for any, `false` for none, or `{"code", "message"}` with a part of the message. */
function refusalDifferences(expected: Json, refusal: Refusal | undefined): readonly string[] {
  if (expected === false) return refusal === undefined ? [] : [`refused: ${refusal.code} ${refusal.message}`];
  if (refusal === undefined) return [`refused: expected ${shown(expected)}, it was accepted`];
  const { code, message } = isJsonObject(expected) ? expected : { code: expected, message: undefined };
  const found = `${refusal.code} ${refusal.message}`;
  if (typeof code === "string" && code !== refusal.code) return [`refused: expected ${code}, it is ${found}`];
  if (typeof message === "string" && !refusal.message.includes(message))
    return [`refused: expected a message with ${shown(message)}, it is ${found}`];
  return [];
}

/** Timers as `{"event", "in"}`, in the order in which they fire; `in` is a length of time from now. */
function timerDifferences(expected: Json, { snapshot, nowMs }: Situation): readonly string[] {
  if (!Array.isArray(expected)) return [`timers: a list is needed here, this is ${shown(expected)}`];
  const wanted: readonly Json[] = expected;
  const actual = timersInOrder(snapshot).map(({ event, deadlineMs }) => ({ event, in: deadlineMs - nowMs }));
  if (wanted.length !== actual.length)
    return [`timers: expected ${wanted.length}, there are ${actual.length} (${shown(actual)})`];
  return wanted.flatMap((item, index) => {
    const timer = isJsonObject(item) ? item : { in: item };
    const { in: length } = timer;
    const ms = length === undefined ? undefined : durationIn(length, nowMs);
    return mismatches(`timers[${index}]`, ms === undefined ? timer : { ...timer, in: ms }, actual[index]);
  });
}

/** Effects that reach the world outside, as `then` names them. */
export function effectsOf(effects: readonly Effect[]): readonly JsonObject[] {
  return effects.map(effectOf).filter((effect) => effect !== undefined);
}

function effectOf(effect: Effect): JsonObject | undefined {
  switch (effect.kind) {
    case "task": {
      const { task, input, done, failed } = effect;
      return {
        task,
        ...(input === undefined ? {} : { input }),
        ...(done === undefined ? {} : { done }),
        ...(failed === undefined ? {} : { failed }),
      };
    }
    case "emit":
      return { emit: effect.event, ...(effect.data === undefined ? {} : { data: effect.data }) };
    case "send": {
      const { event, to, data } = effect;
      return { send: event, to, ...(data === undefined ? {} : { data }) };
    }
    case "spawn": {
      const { id, src, inputs, isList } = effect.child;
      return { spawn: id, src, input: isList ? inputs : (inputs[0] ?? {}) };
    }
    case "stop":
      return { stop: effect.id };
    case "suspend":
      return { suspend: effect.reason ?? true };
    default:
      return undefined;
  }
}
