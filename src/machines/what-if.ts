/**
 * A machine as it is not: as it was at a rev, or under another definition. An event is tried on it alone, with what the
 * machine raises itself; other machines, children among them, are not asked, because they are as they are now.
 */
import type { Json, JsonObject } from "../base/json.ts";
import { carry } from "../engine/carry.ts";
import { ERROR_EXECUTION } from "../engine/event-names.ts";
import { type Machine, stateOf } from "../engine/machine.ts";
import { NO_MAP } from "../engine/migration-map.ts";
import { quoted, stateNames } from "../engine/refusal.ts";
import { snapshotFromJson } from "../engine/snapshot.ts";
import type { EngineEvent, Snapshot } from "../engine/types.ts";
import * as errors from "../protocol/errors.ts";
import { findDefinition, type StoredDefinition } from "./definitions.ts";
import { isFailure } from "./failures.ts";
import { historyOf, standingAt } from "./history.ts";
import { type Next, type StepOutcome, stepEvent, stepRaised } from "./machine-step.ts";
import { formerOf } from "./migration/former.ts";
import { definitionThen } from "./past-definition.ts";
import { isRunning, type MachineRecord } from "./record.ts";
import type { Attempt } from "./send.ts";
import { chartOf, envOf, type Scope, type StepEnv, type Subject } from "./subject.ts";
import { statusOf } from "./writing.ts";

/** What a history state remembers: the names of the states to enter again, by its own. */
type Remembered = ReadonlyMap<string, readonly string[]>;

export interface PastSubject {
  readonly subject: Subject;
  /** When it became that. */
  readonly atMs: number;
}

/**
 * A machine as its history tells that it was at a rev, without timers and without what joins had kept. Undefined when it
 * was not there yet, or when the history does not reach back that far. O(number of changes until then).
 */
export function asItWas(scope: Scope, subject: Subject, rev: number): PastSubject | undefined {
  const { machine, record } = subject;
  if (rev === machine.rev) return { subject, atMs: scope.nowMs };
  if (rev < 1 || rev > machine.rev) return undefined;
  const { transaction } = scope.db;
  const standing = standingAt(transaction, record.id, { to: rev, counts: (entry) => entry.rev <= rev });
  if (standing?.context === undefined || standing.rev !== rev) return undefined;
  const { atMs, to, status = "active", reason, context } = standing;
  const states = to.map((state) => [state, atMs] as const);
  const then = definitionThen(scope.db, subject, rev);
  // The definition is gone, or the map that the machine had before it got one.
  const isKnown =
    then === undefined
      ? machine.definition === undefined
      : findDefinition(scope.db, then.name, then.version) !== undefined;
  if (!isKnown) return undefined;
  const past: MachineRecord = { ...machine, definition: then, states, status, reason, rev };
  if (then === undefined) return { subject: { ...subject, machine: past, chart: undefined }, atMs };
  const passed = historyOf(transaction, record.id, { from: 1, to: rev });
  const chart = chartOf(scope, then);
  const remembered = leftBehind(chart, passed);
  const snapshot = snapshotWith(chart, { states: to, context, isDone: status === "done", remembered });
  return { subject: { ...subject, machine: past, chart: { machine: chart, snapshot } }, atMs };
}

/** What history states remember after some changes, as far as their ends tell. */
function leftBehind(
  machine: Machine,
  changes: readonly { readonly from: readonly string[]; readonly to: readonly string[] }[],
): Remembered {
  const remembered = new Map<string, readonly string[]>();
  const histories = machine.states.filter(({ kind }) => kind === "history");
  for (const { from, to } of histories.length === 0 ? [] : changes) {
    for (const { path, parent, isDeepHistory } of histories) {
      const around = stateOf(machine, parent).path;
      const below = (name: string): boolean => around === "" || name.startsWith(`${around}.`);
      if (!from.some(below) || to.some(below)) continue;
      const child = (name: string): string =>
        name.slice(0, `${name}.`.indexOf(".", around === "" ? 0 : around.length + 1));
      const left = from.filter(below);
      remembered.set(path, isDeepHistory ? left : [...new Set(left.map(child))]);
    }
  }
  return remembered;
}

/**
 * A machine as SM.MIGRATE carries it to another definition, before anything has run there: states keep their names.
 * @throws ReplyError NOSTATE when it has no place there, EXECFAIL
 */
export function under(scope: Scope, subject: Subject, definition: StoredDefinition): Subject {
  const other = scope.server.charts.chartOf(definition);
  const carried = carry(formerOf(subject), other, { map: NO_MAP }, envOf(scope, subject));
  if (carried.kind === "misfit")
    throw errors.refused(carried.cause === "state" ? "NOSTATE" : "EXECFAIL", carried.message);
  const { snapshot } = carried;
  const since = new Map(subject.machine.states);
  const states = stateNames(other, snapshot.configuration).map(
    (state) => [state, since.get(state) ?? scope.nowMs] as const,
  );
  const { name, version } = definition;
  return {
    ...subject,
    machine: { ...subject.machine, states, definition: { name, version }, map: undefined },
    chart: { machine: other, snapshot },
  };
}

interface Shape {
  readonly states: readonly string[];
  readonly context: JsonObject;
  readonly isDone: boolean;
  readonly remembered: Remembered;
}

/** @throws ReplyError NOSTATE when the states are no configuration of the machine */
function snapshotWith(machine: Machine, { states, context, isDone, remembered }: Shape): Snapshot {
  const { byPath } = machine;
  const unknown = states.filter((name) => !byPath.has(name));
  if (unknown.length > 0) throw errors.refused("NOSTATE", `the definition has no state ${quoted(unknown)}`);
  const indices = (names: readonly string[]): number[] => names.flatMap((name) => byPath.get(name) ?? []);
  const histories = [...remembered].flatMap(([name, kept]): Json[] => {
    const index = byPath.get(name);
    const known = indices(kept);
    return index === undefined || known.length < kept.length
      ? []
      : [[stateOf(machine, index).memory, ...known]];
  });
  const stored = { c: indices(states), x: context, s: 1, ...(isDone ? { d: 1 } : {}) };
  const read = snapshotFromJson(machine, { ...stored, h: histories });
  // Of another shape under the same name, a history remembers nothing that fits.
  const plain = read.ok ? read : snapshotFromJson(machine, stored);
  if (!plain.ok)
    throw errors.refused("NOSTATE", `the definition has no machine that is in ${quoted(states)} at once`);
  return plain.snapshot;
}

/** Events that a machine raises for itself one after another, at most. */
const RAISED_MAX = 1000;

/** What an event does to a machine alone. Nothing is written. */
export function attemptAlone(subject: Subject, event: EngineEvent, env: StepEnv): Attempt {
  const outcome = stepEvent(subject, event, env);
  if (outcome.kind !== "moved") return { outcome, after: subject };
  let after = moved(subject, outcome, env);
  const raised = raisedBy(outcome);
  for (let count = 0; isRunning(after.machine); count += 1) {
    const next = raised.shift();
    if (next === undefined) break;
    if (count === RAISED_MAX) {
      const message = `one event has set off more than ${RAISED_MAX} others`;
      return { outcome: { kind: "refused", code: "EXECFAIL", message }, after: subject };
    }
    const step = stepRaised(after, next, env);
    const taken = step.kind === "refused" && isFailure(step) ? failing(after, next, step, env) : step;
    if (taken.kind !== "moved") continue;
    after = moved(after, taken, env);
    raised.push(...raisedBy(taken));
  }
  return { outcome, after };
}

function failing(
  subject: Subject,
  { type: event }: EngineEvent,
  { code, message }: Extract<StepOutcome, { kind: "refused" }>,
  env: StepEnv,
): StepOutcome {
  return stepRaised(subject, { type: ERROR_EXECUTION, data: { event, code, message } }, env);
}

function raisedBy({ effects }: Next): EngineEvent[] {
  return effects.flatMap((effect) => {
    if (effect.kind !== "raise") return [];
    const { event: type, data, text } = effect;
    return [{ type, ...(data === undefined ? {} : { data }), ...(text === undefined ? {} : { text }) }];
  });
}

function moved(subject: Subject, next: Next, { now }: StepEnv): Subject {
  const { machine, chart } = subject;
  const { states, live } = next;
  return {
    ...subject,
    machine: {
      ...machine,
      states: states.map((state) => [state, now]),
      status: statusOf(next, machine.failedCount),
    },
    chart: chart === undefined || live === undefined ? chart : { ...chart, snapshot: live },
  };
}
