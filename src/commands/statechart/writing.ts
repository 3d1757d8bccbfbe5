/** Turns what a step has made of a machine into the writes of one commit: record, indexes, history, timers. */
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import type { Effect, Timer } from "../../engine/types.ts";
import * as errors from "../../protocol/errors.ts";
import type { KeyEvent } from "../../store/changes.ts";
import type { DueEntry } from "../../store/layouts.ts";
import type { HistoryEntry, HistoryKind } from "../../store/machine-history.ts";
import { armDue, disarmDue } from "../../store/machine-pending.ts";
import type { ActiveState, MachineRecord } from "../../store/machine-record.ts";
import { updateMachine } from "../../store/machines.ts";
import { TASKS_PER_CHANGE_MAX } from "../../store/tasks.ts";
import { keepingOf } from "../keeping.ts";
import type { Next } from "./machine-step.ts";
import type { Scope, Subject } from "./subject.ts";

/** What is recorded of a change beside its result. */
export interface Cause {
  readonly kind: HistoryKind;
  readonly event?: string | undefined;
  readonly data?: Json | undefined;
  readonly id?: string | undefined;
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
}

/** Writes a machine that has moved; returns it as it is now. */
export function writeMoved(scope: Scope, subject: Subject, next: Next, cause: Cause): Subject {
  const before = subject.machine;
  const machine: MachineRecord = {
    ...before,
    states: activeStates(before.states, next, scope.nowMs),
    status: next.isDone ? "done" : "active",
    rev: before.rev + 1,
    updatedMs: scope.nowMs,
    reason: cause.reason ?? before.reason,
    snapshot: next.snapshot,
  };
  const history: HistoryEntry = {
    rev: machine.rev,
    atMs: scope.nowMs,
    ...cause,
    from: before.states.map(([state]) => state),
    to: next.states,
    status: next.isDone ? "done" : undefined,
    context: cause.kind === "reset" || cause.kind === "force" ? wholeContext(next) : contextOf(next),
    effects: recordedEffects(next.effects),
  };
  checkLimits(scope, next);
  const { chart } = subject;
  const moved = chart === undefined || next.live === undefined ? chart : { ...chart, snapshot: next.live };
  const written = writeRecord(scope, { ...subject, chart: moved }, machine, history);
  armTimers(scope, written.record.id, next.effects);
  return written;
}

/** @throws ReplyError EXECFAIL when the machine would hold more than the directives allow */
export function checkLimits(scope: Scope, next: Next): void {
  if (next.changes.length > 0) {
    const bytes = Buffer.byteLength(JSON.stringify(wholeContext(next) ?? {}));
    const max = scope.server.config.get("sm-context-bytes-max");
    if (bytes > max) {
      throw errors.refused(
        "EXECFAIL",
        `the context would take ${bytes} bytes, sm-context-bytes-max is ${max}`,
      );
    }
  }
  if (next.effects.some(({ kind }) => kind === "arm")) {
    const count = next.live?.timers.length ?? 0;
    const max = scope.server.config.get("sm-timers-max");
    if (count > max) {
      throw errors.refused("EXECFAIL", `the machine would have ${count} timers, sm-timers-max is ${max}`);
    }
  }
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
): Subject {
  const event = history === undefined ? undefined : EVENTS[history.kind];
  const { chart } = subject;
  const update = {
    record: subject.record,
    before: subject.machine,
    machine,
    history,
    event,
    keeping: keepingOf(scope.server.config),
  } as const;
  const record = updateMachine(scope.db, subject.key, update);
  return { key: subject.key, record, machine, chart };
}

/** The keyspace event of each kind of change. */
const EVENTS: Readonly<Record<HistoryKind, KeyEvent>> = {
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
};

/** The states that are active now; one that was left and entered again counts from now. */
export function activeStates(before: readonly ActiveState[], next: Next, nowMs: number): ActiveState[] {
  return next.states.map((state) => {
    const kept = next.entered.has(state) ? undefined : before.find(([name]) => name === state);
    return kept ?? [state, nowMs];
  });
}

/** Values by dotted path, as history keeps them; undefined when nothing has changed. */
function contextOf(next: Next): JsonObject | undefined {
  if (next.changes.length === 0) return undefined;
  return Object.fromEntries(next.changes.map(({ path, value }) => [path, value]));
}

/** The context as it is: what an entry holds that later ones build on. */
export function wholeContext({ snapshot }: Next): JsonObject | undefined {
  const context = isJsonObject(snapshot) ? snapshot["x"] : undefined;
  return isJsonObject(context) ? context : undefined;
}

/**
 * What the change asks for outside: kept with it, in order.
 * @throws ReplyError EXECFAIL when it sets more tasks than there are numbers for
 */
export function recordedEffects(effects: readonly Effect[]): Json | undefined {
  const outside = effects.filter(({ kind }) => kind === "emit" || kind === "task" || kind === "log");
  if (outside.filter(({ kind }) => kind === "task").length >= TASKS_PER_CHANGE_MAX) {
    throw errors.refused("EXECFAIL", `one event has set ${TASKS_PER_CHANGE_MAX} tasks or more`);
  }
  return outside.length === 0 ? undefined : outside.map((effect) => ({ ...effect }) as JsonObject);
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
