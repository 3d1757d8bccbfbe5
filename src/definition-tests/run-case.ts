/** Runs a test: each step's actions, then what is expected, and after everything that happens the properties. */
import { textOfJson } from "../base/exact-json.ts";
import type { Effect } from "../engine/types.ts";
import { differences } from "./expectations.ts";
import { judge, NONE_RELEASED, type Property, type Released } from "./properties.ts";
import {
  begin,
  endChild,
  type Outcome,
  passTime,
  type Refusal,
  type Rehearsed,
  resume,
  type Situation,
  sendEvent,
} from "./rehearsal.ts";
import type { Action, TestCase, TestFile, TestStep } from "./test-file.ts";

export interface CaseResult {
  readonly name: string;
  /** Empty when the test has passed. */
  readonly failures: readonly string[];
}

/** Runs one case. `rehearsed` may watch coverage. */
export function runCase(
  rehearsed: Rehearsed,
  file: Pick<TestFile, "nowMs" | "properties">,
  test: TestCase,
): CaseResult {
  const { name, given } = test;
  const begun = begin(rehearsed, { nowMs: file.nowMs, ...given });
  if (begun.refusal !== undefined)
    return { name, failures: [`the machine cannot start: ${textOf(begun.refusal)}`] };
  const run = new CaseRun(rehearsed, file.properties, begun);
  const failures = [...run.failures];
  for (const [index, step] of test.steps.entries()) {
    const place = test.steps.length === 1 ? "" : `step ${index + 1}: `;
    failures.push(...run.step(step).map((failure) => `${place}${failure}`));
    // What follows a step that went wrong says little.
    if (failures.length > 0) break;
  }
  return { name, failures };
}

/** An action as a message shows it. */
export function actionText(action: Action): string {
  switch (action.kind) {
    case "send":
      return action.data === undefined ? action.event : `${action.event} ${textOfJson(action.data)}`;
    case "wait":
      return `wait ${action.text}`;
    case "until":
      return `until ${action.text}`;
    case "child":
      return `child ${action.id} ${"done" in action.end ? "done" : "error"}`;
    case "resume":
      return "resume";
  }
}

/** Does one thing to a machine. @param onStep sees each situation on the way, the last one too */
export function act(
  rehearsed: Rehearsed,
  situation: Situation,
  action: Action,
  onStep?: (situation: Situation) => void,
): Outcome {
  const outcome = acted(rehearsed, situation, action, onStep);
  if (outcome.refusal === undefined) onStep?.(outcome.situation);
  return outcome;
}

function acted(
  rehearsed: Rehearsed,
  situation: Situation,
  action: Action,
  onTimer?: (situation: Situation) => void,
): Outcome {
  switch (action.kind) {
    case "send": {
      const { event, data, id, by } = action;
      const origin = { id, by, receivedMs: situation.nowMs };
      return sendEvent(rehearsed, situation, {
        type: event,
        ...(data === undefined ? {} : { data }),
        origin,
      });
    }
    case "wait":
      return passTime(rehearsed, situation, situation.nowMs + action.ms, onTimer);
    case "until":
      return passTime(rehearsed, situation, action.atMs, onTimer);
    case "child":
      return endChild(rehearsed, situation, action.id, action.end);
    case "resume":
      return resume(rehearsed, situation);
  }
}

class CaseRun {
  readonly #rehearsed: Rehearsed;
  readonly #properties: readonly Property[];
  #situation: Situation;
  #released: Released = NONE_RELEASED;
  /** Effects that no step has looked at. */
  #effects: Effect[];
  readonly failures: string[] = [];

  constructor(rehearsed: Rehearsed, properties: readonly Property[], { situation, effects }: Outcome) {
    this.#rehearsed = rehearsed;
    this.#properties = properties;
    this.#situation = situation;
    this.#effects = [...effects];
    this.failures.push(...this.#judge(situation).map((breach) => `at the start: ${breach}`));
  }

  step({ actions, then }: TestStep): readonly string[] {
    // What happens at the start belongs to a first step in which nothing is done.
    if (actions.length > 0) this.#effects = [];
    let refusal: Refusal | undefined;
    for (const [index, action] of actions.entries()) {
      const broken: string[] = [];
      const outcome = act(this.#rehearsed, this.#situation, action, (situation) =>
        broken.push(...this.#judge(situation)),
      );
      refusal = outcome.refusal;
      const isExpected = index === actions.length - 1 && then?.["refused"] !== undefined;
      if (refusal !== undefined && !isExpected) return [`${actionText(action)}: ${textOf(refusal)}`];
      this.#situation = outcome.situation;
      this.#effects.push(...outcome.effects);
      const lost = then?.["failed"] === undefined ? outcome.failures : [];
      const failed = lost.map(({ event, code, message }) => `${event} has failed: ${code} ${message}`);
      if (broken.length > 0 || failed.length > 0)
        return [...broken, ...failed].map((reason) => `${actionText(action)}: ${reason}`);
    }
    if (then === undefined) return [];
    const reached = { situation: this.#situation, effects: this.#effects, refusal };
    return differences(then, this.#rehearsed, reached);
  }

  #judge(situation: Situation): readonly string[] {
    const { released, breaches } = judge(this.#properties, this.#released, this.#rehearsed, situation);
    this.#released = released;
    return breaches.map(
      ({ property, message }) => `the property '${property.name}' does not hold: ${message}`,
    );
  }
}

function textOf({ code, message }: Refusal): string {
  return `refused, ${code} ${message}`;
}
