/** The history of a machine as steps of a test: what was done to it, and what it came to then. */
import { sameData } from "../base/exact-json.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { activeStates } from "../engine/step.ts";
import { actionJson } from "./recorded.ts";
import { begin, type Rehearsed } from "./rehearsal.ts";
import { act } from "./run-case.ts";
import { type Action, type Given, sendAction } from "./test-file.ts";

/** An entry of SM.HISTORY, as far as it matters here. */
export interface HistoryRow {
  readonly rev: number;
  readonly atMs: number;
  readonly kind: string;
  readonly event: string | undefined;
  readonly id: string | undefined;
  readonly by: string | undefined;
  readonly data: Json | undefined;
  readonly to: readonly string[];
  /** What has changed; of the first entry the whole. */
  readonly context: JsonObject | undefined;
}

/** What was done, and what the machine was afterwards. */
export interface HistoryStep {
  readonly rev: number;
  readonly actions: readonly Action[];
  readonly states: readonly string[];
  readonly context: JsonObject | undefined;
}

export interface History {
  readonly start: Given & { readonly nowMs: number };
  readonly states: readonly string[];
  readonly steps: readonly HistoryStep[];
  /** Why what came later is left out. */
  readonly left: string | undefined;
}

/** Reads a history from its beginning; undefined when the beginning is not kept, with the reason. */
export function historyOf(rows: readonly HistoryRow[]): History | string {
  const [first, ...rest] = rows;
  if (first === undefined) return "it has no history";
  if (first.kind !== "create")
    return `its history begins with rev ${first.rev}, '${first.kind}': what was before is not kept`;
  const steps: HistoryStep[] = [];
  let nowMs = first.atMs;
  let left: string | undefined;
  for (const row of rest) {
    if (row.kind === "raise" || row.kind === "refused") {
      // It follows from the step before, and is part of what that has led to.
      const last = steps.pop();
      if (last !== undefined) steps.push({ ...last, ...after(row, last.context) });
      continue;
    }
    const action = actionOf(row);
    if (action === undefined) {
      left = `rev ${row.rev} is a '${row.kind}', which no test does`;
      break;
    }
    const isLater = row.atMs > nowMs;
    const wait: Action = { kind: "until", atMs: row.atMs, text: new Date(row.atMs).toISOString() };
    const actions = [...(isLater ? [wait] : []), ...(action === "time" ? [] : [action])];
    nowMs = Math.max(nowMs, row.atMs);
    // A second timer of the same moment has fired with the first.
    const last = actions.length === 0 ? steps.pop() : undefined;
    steps.push({ actions, ...last, ...after(row, last?.context) });
  }
  return { start: startOf(first), states: first.to, steps, left };
}

function startOf({ atMs, context, to }: HistoryRow): History["start"] {
  return { nowMs: atMs, states: to, ...(context === undefined ? {} : { context }) };
}

function after(
  row: HistoryRow,
  before: JsonObject | undefined,
): Pick<HistoryStep, "rev" | "states" | "context"> {
  const context = row.context === undefined ? before : { ...before, ...row.context };
  return { rev: row.rev, states: row.to, context };
}

function actionOf({ kind, event, data, id, by }: HistoryRow): Action | "time" | undefined {
  if (kind === "timer") return "time";
  if (kind === "resume") return { kind: "resume" };
  if (event === undefined) return undefined;
  if (kind === "child") return childAction(event, data);
  if (kind !== "event" && kind !== "send") return undefined;
  return sendAction(event, { data, id, by });
}

function childAction(event: string, data: Json | undefined): Action | undefined {
  const [, how, id] = /^xstate\.(done|error)\.actor\.(.+)$/.exec(event) ?? [];
  if (id === undefined) return undefined;
  const fields = isJsonObject(data) ? data : {};
  return { kind: "child", id, end: how === "done" ? { done: fields["output"] } : { error: fields } };
}

/** The start as a test says it: a machine that starts where the definition does needs no state. */
function givenOf(rehearsed: Rehearsed, { start, states }: History): Given & { readonly nowMs: number } {
  const { nowMs, context } = start;
  const plain = begin(rehearsed, { nowMs });
  const isAt = (names: readonly string[]) => names.join() === states.join();
  const { snapshot } = plain.situation;
  const isInitial = plain.refusal === undefined && isAt(activeStates(rehearsed.machine, snapshot));
  if (isInitial && (context === undefined || sameData(snapshot.context, context))) return { nowMs };
  const changed = Object.entries(context ?? {}).filter(
    ([key, value]) => !sameData(rehearsed.machine.context[key], value),
  );
  const own = changed.length === 0 ? {} : { context: Object.fromEntries(changed) };
  return isInitial ? { nowMs, ...own } : { nowMs, states, ...own };
}

/** A machine's history as a test. */
export function testOfHistory(rehearsed: Rehearsed, name: string, history: History): JsonObject {
  const { states, context } = givenOf(rehearsed, history);
  const given: JsonObject = {
    ...(states === undefined ? {} : { state: states }),
    ...(context === undefined ? {} : { context }),
    now: new Date(history.start.nowMs).toISOString(),
  };
  const steps = history.steps.map(
    (step): JsonObject => ({
      when:
        step.actions.length === 1 && step.actions[0] !== undefined
          ? actionJson(step.actions[0])
          : step.actions.map(actionJson),
      then: { states: step.states, ...(step.context === undefined ? {} : { context: step.context }) },
    }),
  );
  return { name, given, steps };
}

/** Runs a history again as far as it goes the same way; the rev at which it does not, undefined when all of it does. */
export function replay(rehearsed: Rehearsed, history: History): number | undefined {
  const begun = begin(rehearsed, givenOf(rehearsed, history));
  if (begun.refusal !== undefined) return 1;
  let { situation } = begun;
  for (const { actions, states, rev } of history.steps) {
    for (const action of actions) {
      const outcome = act(rehearsed, situation, action);
      if (outcome.refusal !== undefined) return rev;
      situation = outcome.situation;
    }
    if (activeStates(rehearsed.machine, situation.snapshot).join() !== states.join()) return rev;
  }
  return undefined;
}
