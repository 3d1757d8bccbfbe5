/**
 * What of a machine falls due: a timer of the engine, or an event that was scheduled. It enters through the executor
 * like a request does, and happens once: the entry of the index goes in the commit of what it causes.
 */

import type { Databases } from "../keyspace/databases.ts";
import { ReplyError } from "../protocol/reply-error.ts";
import { Delivery } from "./delivery.ts";
import { runDeadline } from "./given-up.ts";
import { expire } from "./inbox.ts";
import { eventOf, madeData, type StepOutcome, stepEvent, stepTimer } from "./machine-step.ts";
import { originOf } from "./origin.ts";
import { armDue, type DueMachine, disarmDue, dropPending, findPending } from "./pending.ts";
import { isRunning } from "./record.ts";
import { conditionsHold } from "./send.ts";
import { settle } from "./settle.ts";
import { envOf, findSubject, type MachineServer, type Scope, type Subject, subjectAt } from "./subject.ts";
import { writeSnapshot } from "./writing.ts";

/** Carries out one entry of the index of due times. `databases` shows the key space at the time it was due. */
export function runDue(server: MachineServer, databases: Databases, due: DueMachine, nowMs: number): void {
  disarmDue(databases.transaction, due);
  const db = databases.withPhys(due.phys);
  const key = db?.keyOf(due.id);
  if (db === undefined || key === undefined) return;
  const scope: Scope = { databases, db, server, nowMs };
  const subject = findSubject(scope, key);
  if (subject === undefined || !isRunning(subject.machine)) return;
  const savepoint = databases.transaction.savepoint();
  try {
    if (due.kind === "e") runTimer(scope, subject, due.sequence);
    else runScheduled(scope, subject, due.sequence);
  } catch (error) {
    // A refusal here is a bound that was met: what it did is undone as a whole, and the timer or event is spent.
    if (!(error instanceof ReplyError)) throw error;
    databases.rollback(savepoint);
    spend(scope, subject, due, error);
  }
}

function spend(scope: Scope, subject: Subject, due: DueMachine, error: ReplyError): void {
  const { record, chart } = subject;
  if (due.kind === "s") {
    const pending = findPending(scope.db.transaction, record.id, due.sequence);
    if (pending === undefined) return;
    dropPending(scope.db.transaction, record.id, pending);
    const refusal = { kind: "refused", code: error.code, message: error.text } as const;
    settle(scope, { before: subject, after: subject, pending }, refusal);
  } else if (chart !== undefined) {
    const timers = chart.snapshot.timers.filter(({ seq }) => seq !== due.sequence);
    writeSnapshot(scope, subject, { ...chart.snapshot, timers });
  }
}

function runTimer(scope: Scope, subject: Subject, sequence: number): void {
  const { chart } = subject;
  const timer = chart?.snapshot.timers.find(({ seq }) => seq === sequence);
  if (chart === undefined || timer === undefined) return;
  const outcome = stepTimer(chart, sequence, envOf(scope, subject.key));
  const { event } = timer;
  const data = madeData(timer);
  const waiting = { event, data, receivedMs: scope.nowMs };
  const delivery = new Delivery(scope);
  delivery.apply(subject, outcome, { kind: "timer", event, data }, waiting);
  delivery.runFollowUps();
}

function runScheduled(scope: Scope, subject: Subject, sequence: number): void {
  const { transaction } = scope.db;
  const pending = findPending(transaction, subject.record.id, sequence);
  if (pending === undefined || pending.kind === "deferred") return;
  dropPending(transaction, subject.record.id, pending);
  if (pending.kind === "task") {
    runDeadline(scope, subject, pending);
    return;
  }
  if (pending.expireAtMs !== undefined && pending.expireAtMs < scope.nowMs) {
    expire(scope, subject, pending);
    return;
  }
  const outcome: StepOutcome = conditionsHold(subject, pending)
    ? stepEvent(subject, eventOf(pending), envOf(scope, subject.key))
    : { kind: "refused", code: "UNMET", message: "IFSTATE or IFREV did not hold when the event was due" };
  const delivery = new Delivery(scope);
  delivery.apply(subject, outcome, { kind: "event", ...originOf(pending) }, pending);
  delivery.runFollowUps();
  settle(scope, { before: subject, after: subjectAt(scope, subject.key) ?? subject, pending }, outcome);
}

/** Puts an entry off, so that one that fails does not stand in the way of all the others. */
export function putOff(databases: Databases, due: DueMachine, dueMs: number): void {
  disarmDue(databases.transaction, due);
  armDue(databases.transaction, { ...due, dueMs }, due.phys);
}
