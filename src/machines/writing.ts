/** Turns what a step has made of a machine into the writes of one commit: record, indexes, history, timers. */

import { assert } from "../base/assert.ts";
import { textOfJson } from "../base/exact-json.ts";
import type { Json, JsonObject } from "../base/json.ts";
import { snapshotToJson, timerToJson } from "../engine/snapshot.ts";
import { trailOf } from "../engine/trail.ts";
import type { Effect, Snapshot, Timer } from "../engine/types.ts";
import type { Edge, KeyEvent } from "../keyspace/changes.ts";
import type { DueEntry } from "../keyspace/layouts.ts";
import type { HistoryEntry, HistoryKind, Rest, Sent } from "./history.ts";
import { keepingOf } from "./keeping.ts";
import type { Next } from "./machine-step.ts";
import { addOutcome, updateMachine } from "./machines.ts";
import { dueEntries } from "./object-storage.ts";
import type { Origin } from "./origin.ts";
import type { OutcomeChange } from "./outcome-codec.ts";
import { armDue, disarmDue, type FailedEvent, storedPending } from "./pending.ts";
import {
  type ActiveState,
  activeNames,
  advanced,
  type MachineRecord,
  NO_STATES,
  outerNames,
  withOutcomes,
} from "./record.ts";
import { watchStates } from "./sla-index.ts";
import type { Scope, Subject } from "./subject.ts";

/** What is recorded of a change beside its result. */
export interface Cause extends Partial<Origin> {
  readonly kind: HistoryKind;
  /** The number of the timer that has fired. */
  readonly fired?: number | undefined;
  /** Failed steps that the change has dropped. */
  readonly dropped?: readonly FailedEvent[] | undefined;
}

/** Writes a machine that has moved; returns it as it is now. */
export function writeMoved(scope: Scope, subject: Subject, next: Next, cause: Cause): Subject {
  const before = subject.machine;
  const machine = advanced(before, {
    states: activeStates(before.states, next, scope.nowMs),
    outer: before.definition === undefined ? before.outer : outerStates(before.outer, next, scope.nowMs),
    status: statusOf(next, before.failedCount),
    rev: before.rev + 1,
    updatedMs: scope.nowMs,
    reason: next.suspension?.reason ?? cause.reason ?? before.reason,
    snapshot: next.snapshot,
  });
  const history: HistoryEntry = {
    rev: machine.rev,
    atMs: scope.nowMs,
    kind: cause.kind,
    event: cause.event,
    data: cause.data,
    id: cause.id,
    by: cause.by,
    reason: cause.reason,
    stampMs: cause.stampMs,
    trace: cause.trace,
    from: activeNames(before),
    to: next.states,
    status: machine.status === "active" ? undefined : machine.status,
    via: next.via,
    output: next.live?.output,
    context: cause.kind === "reset" ? next.live?.context : contextOf(next),
    gone: cause.kind === "reset" ? undefined : goneOf(next),
    effects: recordedEffects(next.effects),
    rest: restOf(subject, next, cause, machine.reason),
  };
  const { chart } = subject;
  const moved =
    chart === undefined || next.live === undefined ? chart : { machine: chart.machine, snapshot: next.live };
  const { key, record } = subject;
  const from = { key, record, machine: before, chart: moved };
  const written = writeRecord(scope, from, machine, history, next.taken);
  armTimers(scope, written.record.id, next.effects);
  watchStates(scope.db, written.record.id, next.effects);
  if (machine.status === "suspended") disarmAll(scope, written.record.id, machine);
  return written;
}

/** Writes a machine of which only the context has changed, whatever its status. */
export function writeStill(scope: Scope, subject: Subject, next: Next, cause: Cause): Subject {
  const before = subject.machine;
  const { nowMs } = scope;
  const rev = before.rev + 1;
  const names = activeNames(before);
  const machine = {
    ...before,
    rev,
    updatedMs: nowMs,
    reason: cause.reason ?? before.reason,
    snapshot: next.snapshot,
  };
  const history: HistoryEntry = {
    rev,
    atMs: nowMs,
    kind: cause.kind,
    data: cause.data,
    by: cause.by,
    reason: cause.reason,
    from: names,
    to: names,
    status: before.status === "active" ? undefined : before.status,
    output: next.live?.output,
    context: contextOf(next),
    gone: goneOf(next),
  };
  const { chart } = subject;
  const moved =
    chart === undefined || next.live === undefined ? chart : { machine: chart.machine, snapshot: next.live };
  return writeRecord(scope, { ...subject, chart: moved }, machine, history);
}

/** What a machine is after a step. */
export function statusOf(
  { isDone, suspension }: Pick<Next, "isDone" | "suspension">,
  failedCount: number,
): MachineRecord["status"] {
  if (isDone) return "done";
  if (suspension !== undefined) return "suspended";
  return failedCount > 0 ? "failed" : "active";
}

/** Nothing of a suspended machine falls due. */
export function disarmAll(scope: Scope, id: number, machine: MachineRecord): void {
  for (const entry of dueEntries(scope.db.transaction, id, machine)) disarmDue(scope.db.transaction, entry);
}

/** Writes a machine that has lost timers and is otherwise as it was. Their entries in the index are the caller's. */
export function writeSnapshot(scope: Scope, subject: Subject, snapshot: Snapshot): Subject {
  const { chart } = subject;
  assert(chart !== undefined, "a machine with a snapshot has a chart");
  const machine = { ...subject.machine, snapshot: snapshotToJson(chart.machine, snapshot) };
  return writeRecord(scope, { ...subject, chart: { ...chart, snapshot } }, machine, undefined);
}

/**
 * Writes the next record of a machine; `subject.chart` is what the machine has become. Nothing is read back: what
 * was written is known.
 */
export function writeRecord(
  scope: Scope,
  subject: Subject,
  machine: MachineRecord,
  history: HistoryEntry | undefined,
  taken?: readonly Edge[],
): Subject {
  const event = history === undefined ? undefined : EVENTS[history.kind];
  const { chart } = subject;
  const update = {
    record: subject.record,
    before: subject.machine,
    machine,
    chart,
    history,
    taken,
    event,
    keeping: keepingOf(scope.server.config),
  } as const;
  const record = updateMachine(scope.db, subject.key, update);
  return { key: subject.key, record, machine, chart };
}

/** Writes what a change, which has led from one subject to another, does to the outcomes of a machine. */
export function writeOutcome(
  scope: Scope,
  { before: first, after: subject }: { readonly before: Subject; readonly after: Subject },
  outcome: OutcomeChange,
): void {
  const before = subject.machine;
  const { record, chart } = subject;
  const machine = outcome.isNew
    ? withOutcomes(before, { outcomeNext: outcome.sequence + 1, outcomeFirst: outcome.first })
    : before;
  const keeping = keepingOf(scope.server.config);
  // A change of this command has told of the key already.
  const isToldOf = first.record !== record;
  if (isToldOf && addOutcome(scope.db, subject.key, { record, machine, chart, outcome, keeping })) return;
  updateMachine(scope.db, subject.key, {
    record,
    before,
    machine,
    chart,
    history: undefined,
    event: undefined,
    outcome,
    keeping,
  });
}

/** The keyspace event of each kind of change. */
export const EVENTS: Readonly<Record<HistoryKind, KeyEvent>> = {
  create: "sm.create",
  set: "sm.set",
  event: "sm.send",
  raise: "sm.send",
  send: "sm.send",
  timer: "sm.timer",
  mutate: "sm.mutate",
  force: "sm.mutate",
  reset: "sm.reset",
  suspend: "sm.suspend",
  resume: "sm.resume",
  refused: "sm.refused",
  failed: "sm.failed",
  retry: "sm.retry",
  patch: "sm.patch",
  undo: "sm.undo",
  migrate: "sm.migrate",
  imported: "sm.create",
  child: "sm.child",
};

/** The states that are active now; one that was left and entered again counts from now. */
export function activeStates(before: readonly ActiveState[], next: Next, nowMs: number): ActiveState[] {
  const known = before.length > 16 ? new Map(before.map((state) => [state[0], state])) : undefined;
  const entered = next.entered.length > 16 ? new Set(next.entered) : undefined;
  return next.states.map((state) => {
    if (entered === undefined ? next.entered.includes(state) : entered.has(state)) return [state, nowMs];
    const kept = known === undefined ? before.find(([name]) => name === state) : known.get(state);
    return kept ?? [state, nowMs];
  });
}

/** The states around the active ones, the root aside; one that was entered counts from now. */
export function outerStates(
  before: readonly ActiveState[],
  next: Next,
  nowMs: number,
): readonly ActiveState[] {
  const names = outerNames(next.states);
  if (names.length === 0) return NO_STATES;
  const states = activeStates(before, { ...next, states: names }, nowMs);
  // The same list where nothing has changed: it need not be recorded anew.
  const isSame = states.length === before.length && states.every((state, i) => state === before[i]);
  return isSame ? before : states;
}

/** Values by path, null for what was removed, as history keeps them; undefined when nothing has changed. */
export function contextOf(next: Next): JsonObject | undefined {
  if (next.changes.length === 0) return undefined;
  return Object.fromEntries(next.changes.map(({ path, value = null }) => [path, value]));
}

/** The paths at which nothing is any more; undefined for none. */
export function goneOf(next: Next): readonly string[] | undefined {
  const gone = next.changes.flatMap(({ path, value }) => (value === undefined ? [path] : []));
  return gone.length === 0 ? undefined : gone;
}

/** What is kept of a change beside what history shows, so that it can be taken back and run again. */
function restOf(
  { chart, machine: before }: Subject,
  { live, effects }: Next,
  { fired, dropped, reason }: Cause,
  reasonSince: string | undefined,
): Rest | undefined {
  const trail =
    chart === undefined || live === undefined
      ? undefined
      : trailOf({ before: chart.snapshot, after: live, effects, fired });
  const hasReason = reasonSince !== (reason ?? before.reason);
  const sent = effects.length === 0 ? NOTHING_SENT : sentBy(effects);
  const timer = fired === undefined ? undefined : chart?.snapshot.timers.find(({ seq }) => seq === fired);
  if (!hasReason && timer === undefined && dropped === undefined && sent.length === 0) return trail;
  return {
    ...trail,
    ...(dropped === undefined ? {} : { f: dropped.map(storedPending) }),
    ...(hasReason ? { r: reasonSince ?? null } : {}),
    ...(timer === undefined ? {} : { x: timerToJson(timer) }),
    ...(sent.length === 0 ? {} : { o: sent }),
  };
}

const NOTHING_SENT: readonly Sent[] = [];

/** What leaves for other machines. */
function sentBy(effects: readonly Effect[]): readonly Sent[] {
  return effects.flatMap((effect): readonly Sent[] => {
    switch (effect.kind) {
      case "send":
        return [["send", effect.to, effect.event, effect.eventId ?? null]];
      case "spawn":
        return [["spawn", effect.child.id, effect.child.src]];
      case "stop":
        return [["stop", effect.id]];
      default:
        return NOTHING_SENT;
    }
  });
}

/** What the change asks for outside: kept with it, in order. */
export function recordedEffects(effects: readonly Effect[]): Json | undefined {
  if (effects.length === 0) return undefined;
  const outside = effects.flatMap((effect) => outsideEffect(effect) ?? []);
  return outside.length === 0 ? undefined : outside;
}

/** An effect as it is kept, values as their texts; undefined for one that is the machine's own affair. */
function outsideEffect(effect: Effect): JsonObject | undefined {
  switch (effect.kind) {
    case "emit": {
      const { data, text, ...emit } = effect;
      return data === undefined ? emit : { ...emit, data: text ?? textOfJson(data) };
    }
    case "task": {
      const { input, text, ...task } = effect;
      return input === undefined ? task : { ...task, input: text ?? textOfJson(input) };
    }
    case "log":
      return { kind: "log", value: textOfJson(effect.value) };
    default:
      return undefined;
  }
}

/** Brings the index of due times in step with the timers of a machine. */
export function armTimers(scope: Scope, id: number, effects: readonly Effect[]): void {
  const { transaction, phys } = scope.db;
  for (const effect of effects) {
    if (effect.kind === "arm") armDue(transaction, timerEntry(id, effect.timer), phys);
    else if (effect.kind === "disarm") disarmDue(transaction, timerEntry(id, effect.timer));
  }
}

/** The entry of an engine timer in the index of due times. */
export function timerEntry(id: number, timer: Timer): DueEntry {
  return { dueMs: timer.deadlineMs, id, kind: "e", sequence: timer.seq };
}
