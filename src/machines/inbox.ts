/** The inbox of a machine: events that wait until a state takes them, or until the machine is done. */
import * as errors from "../protocol/errors.ts";
import { logRefusal, recordRefusal, withFailed } from "./failures.ts";
import type { Refusal } from "./machine-step.ts";
import { type Origin, originOf } from "./origin.ts";
import { addPending, type DeferredEvent, dropPending, pendingOf } from "./pending.ts";
import { settle } from "./settle.ts";
import type { Scope, Subject } from "./subject.ts";
import { writeRecord } from "./writing.ts";

/** What the inbox keeps of an event. */
export type Deferrable = Omit<DeferredEvent, "sequence" | "kind">;

/** The deferred events of a machine; those past their time are dropped. */
export function freshInbox(scope: Scope, subject: Subject): { inbox: DeferredEvent[]; current: Subject } {
  if (subject.machine.deferredCount === 0) return { inbox: [], current: subject };
  const { transaction } = scope.db;
  const { id } = subject.record;
  const deferred = pendingOf(transaction, id).filter((pending) => pending.kind === "deferred");
  const inbox = deferred.filter(({ expireAtMs }) => expireAtMs === undefined || expireAtMs >= scope.nowMs);
  if (inbox.length === deferred.length) return { inbox, current: subject };
  const machine = { ...subject.machine, deferredCount: inbox.length };
  let current = writeRecord(scope, subject, machine, undefined);
  for (const pending of deferred) {
    if (inbox.includes(pending)) continue;
    dropPending(transaction, id, pending);
    current = expire(scope, current, pending);
  }
  return { inbox, current };
}

/** Whether a machine takes no further event into its inbox. */
export function isInboxFull({ server }: Scope, { machine }: Subject): boolean {
  return machine.deferredCount >= server.config.get("sm-inbox-max");
}

/** Puts an event into the inbox. @throws ReplyError when that is full */
export function defer(scope: Scope, subject: Subject, deferred: Deferrable): Subject {
  const { machine, record } = subject;
  if (isInboxFull(scope, subject)) {
    const max = scope.server.config.get("sm-inbox-max");
    throw errors.machineLimit("the machine holds too many deferred events", max, "sm-inbox-max");
  }
  const sequence = machine.pendingNext;
  const { transaction, phys } = scope.db;
  // One by one: an event that was scheduled has a due time too, and that is over.
  const { receivedMs, expireAtMs } = deferred;
  const waiting = { ...originOf(deferred), receivedMs, expireAtMs };
  addPending(transaction, { id: record.id, phys }, { ...waiting, sequence, kind: "deferred" });
  const next = { ...machine, pendingNext: sequence + 1, deferredCount: machine.deferredCount + 1 };
  return writeRecord(scope, subject, next, undefined);
}

/** What becomes of the events of a machine that is done. */
export const TOO_LATE: Refusal = { kind: "refused", code: "DONE", message: "the machine is done" };

/** And of one that was stopped. */
export const STOPPED: Refusal = { kind: "refused", code: "DONE", message: "the machine was stopped" };

/** And of one that waited longer than it was to live. */
export const EXPIRED: Refusal = { kind: "refused", code: "EXPIRED", message: "it waited too long" };

/** A machine that is done takes no event any more: nothing of it falls due, and its inbox is emptied. */
export function dropWaiting(scope: Scope, subject: Subject): Subject {
  const { transaction } = scope.db;
  const { id } = subject.record;
  const why = subject.machine.status === "stopped" ? STOPPED : TOO_LATE;
  for (const pending of pendingOf(transaction, id)) {
    if (pending.kind === "deferred") continue;
    dropPending(transaction, id, pending);
    if (pending.kind === "scheduled") giveUp(scope, subject, pending, why);
  }
  const { machine } = subject;
  const current =
    machine.failedCount === 0 ? subject : writeRecord(scope, subject, withFailed(machine, 0), undefined);
  return dropDeferred(scope, current, why);
}

/** Nothing tries an event any more that has waited; its outcome says why. */
export function giveUp(scope: Scope, subject: Subject, pending: Origin, why: Refusal): void {
  settle(scope, { before: subject, after: subject, pending }, why);
  logRefusal(scope, subject, pending, { ...why, wasTold: false });
}

/** Empties the inbox of a machine; the outcomes of its events say why. */
export function dropDeferred(scope: Scope, subject: Subject, why: Refusal): Subject {
  if (subject.machine.deferredCount === 0) return subject;
  const { transaction } = scope.db;
  for (const pending of pendingOf(transaction, subject.record.id)) {
    if (pending.kind !== "deferred") continue;
    dropPending(transaction, subject.record.id, pending);
    giveUp(scope, subject, pending, why);
  }
  return writeRecord(scope, subject, { ...subject.machine, deferredCount: 0 }, undefined);
}

/** An event that waited longer than it was to live. */
export function expire(scope: Scope, subject: Subject, pending: Origin): Subject {
  return refuse(scope, subject, pending, EXPIRED);
}

/** An event that has waited, and that the machine does not take. */
export function refuse(scope: Scope, subject: Subject, pending: Origin, refusal: Refusal): Subject {
  const after = recordRefusal(scope, subject, pending, refusal);
  settle(scope, { before: subject, after, pending }, refusal);
  return after;
}
