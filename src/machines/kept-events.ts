/**
 * Events that joins have kept, as the rest of a machine sees them: their outcomes follow what becomes of them, and those
 * whose join is left are tried once more.
 */
import { isEvent } from "../engine/joins.ts";
import type { Effect, Kept } from "../engine/types.ts";
import { expire, giveUp } from "./inbox.ts";
import { madeData, type Next, type Refusal } from "./machine-step.ts";
import { originOf } from "./origin.ts";
import { type DeferredEvent, holdPending } from "./pending.ts";
import { settle } from "./settle.ts";
import type { Scope, Subject } from "./subject.ts";
import { writeRecord } from "./writing.ts";

/** The name under which SM.PENDING shows an event that a join keeps, and SM.CANCEL takes it. */
export function keptId({ origin, seq }: Kept): string {
  return origin?.id ?? `#${seq}`;
}

/** An event as those have it that wait. */
export function waitingOf(kept: Kept): Omit<DeferredEvent, "sequence" | "kind"> {
  const { event, origin = {}, atMs } = kept;
  const { id, by, reason, stampMs, trace, expireAtMs } = origin;
  return { event, data: madeData(kept), id, by, reason, stampMs, trace, expireAtMs, receivedMs: atMs };
}

/** The events that the machine's joins keep, without the times that are over. */
export function eventsKept(subject: Subject): readonly Kept[] {
  const { chart } = subject;
  if (chart === undefined || chart.snapshot.kept.length === 0) return [];
  return chart.snapshot.kept.filter((kept) => isEvent(chart.machine, kept));
}

/** Brings the outcomes of events up to date that a step has used, or found too old. */
export function settleKept(scope: Scope, before: Subject, after: Subject, next: Next): Subject {
  let current = after;
  const whole = { ...next, joins: undefined };
  for (const kept of keptBy(next.effects, "consumed"))
    settle(scope, { before, after: current, pending: waitingOf(kept) }, whole);
  for (const kept of keptBy(next.effects, "expired")) current = expire(scope, current, waitingOf(kept));
  return current;
}

/** The events of a step's effects at joins of one kind. */
export function keptBy(
  effects: readonly Effect[],
  kind: "kept" | "consumed" | "released" | "expired",
): readonly Kept[] {
  return effects.flatMap((effect) => (effect.kind === kind ? effect.kept : []));
}

/** Events that nothing tries any more; their outcomes say why. */
export function forgetKept(scope: Scope, subject: Subject, all: readonly Kept[], why: Refusal): void {
  for (const kept of all) giveUp(scope, subject, waitingOf(kept), why);
}

/** An event that is to be tried waits until the machine, which has suspended itself, goes on. */
export function holdKept(scope: Scope, subject: Subject, kept: Kept): Subject {
  const { machine, record } = subject;
  const sequence = machine.pendingNext;
  const { expireAtMs, receivedMs, ...waiting } = waitingOf(kept);
  const pending = {
    ...originOf(waiting),
    kind: "scheduled",
    sequence,
    receivedMs,
    expireAtMs,
    dueMs: scope.nowMs,
  } as const;
  holdPending(scope.db.transaction, record.id, pending);
  return writeRecord(scope, subject, { ...machine, pendingNext: sequence + 1 }, undefined);
}
