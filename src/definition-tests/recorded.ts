/** What a machine does, written down as a test: the steps as they were, and after each what it came to. */
import { sameData } from "../base/exact-json.ts";
import type { Json, JsonObject } from "../base/json.ts";
import { activeStates } from "../engine/step.ts";
import { effectsOf } from "./expectations.ts";
import { lengthText } from "./lengths.ts";
import { begin, type Outcome, type Rehearsed, type Situation, statusOf } from "./rehearsal.ts";
import { act } from "./run-case.ts";
import type { Action, Given } from "./test-file.ts";

/** A test of these actions with what they lead to now. */
export function recordedTest(
  rehearsed: Rehearsed,
  name: string,
  actions: readonly Action[],
  start: Given & { readonly nowMs: number },
): JsonObject {
  let { situation } = begin(rehearsed, start);
  const steps = actions.map((action): JsonObject => {
    const outcome = act(rehearsed, situation, action);
    const step = { when: actionJson(action), then: expectationOf(rehearsed, situation, outcome) };
    situation = outcome.situation;
    return step;
  });
  const given: JsonObject = {
    ...(start.states === undefined ? {} : { state: start.states }),
    ...(start.context === undefined ? {} : { context: start.context }),
  };
  return { name, ...(Object.keys(given).length === 0 ? {} : { given }), steps };
}

function expectationOf(rehearsed: Rehearsed, before: Situation, outcome: Outcome): JsonObject {
  const { situation, refusal, failures } = outcome;
  const names = activeStates(rehearsed.machine, situation.snapshot);
  const state: Json = names.length === 1 ? (names[0] ?? "") : names;
  if (refusal !== undefined) return { refused: refusal.code, state };
  const context = changedContext(before.snapshot.context, situation.snapshot.context);
  const status = statusOf(situation);
  const effects = effectsOf(outcome.effects);
  const { output } = situation.snapshot;
  return {
    state,
    ...(context === undefined ? {} : { context }),
    ...(status === statusOf(before) ? {} : { status }),
    ...(effects.length === 0 ? {} : { effects }),
    ...(failures.length === 0 ? {} : { failed: situation.failed.map(({ event }) => event) }),
    ...(output === undefined ? {} : { output }),
  };
}

/** The fields that have changed; undefined for none. */
function changedContext(before: JsonObject, after: JsonObject): JsonObject | undefined {
  const changed = Object.entries(after).filter(([key, value]) => !sameData(before[key], value));
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

/** An action as a file of tests has it. */
export function actionJson(action: Action): Json {
  switch (action.kind) {
    case "send": {
      const { event, data, id, by } = action;
      if (data === undefined && id === undefined && by === undefined) return event;
      return {
        send: event,
        ...(data === undefined ? {} : { data }),
        ...(id === undefined ? {} : { id }),
        ...(by === undefined ? {} : { by }),
      };
    }
    case "wait":
      return { wait: lengthText(action.ms) };
    case "until":
      return { until: new Date(action.atMs).toISOString() };
    case "child":
      return "done" in action.end
        ? { child: action.id, done: action.end.done ?? null }
        : { child: action.id, error: action.end.error };
    case "resume":
      return { resume: true };
  }
}
