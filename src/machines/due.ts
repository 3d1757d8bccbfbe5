/**
 * What of a machine falls due: a timer of the engine, or an event that was scheduled. It enters through the executor
 * like a request does, and happens once: the entry of the index goes in the commit of what it causes.
 */

import { stateOf } from "../engine/machine.ts";
import type { Timer } from "../engine/types.ts";
import type { Databases } from "../keyspace/databases.ts";
import { ReplyError } from "../protocol/reply-error.ts";
import { Delivery, failStep } from "./delivery.ts";
import { type FailedStep, isFailure } from "./failures.ts";
import { runDeadline } from "./given-up.ts";
import { expire, refuse } from "./inbox.ts";
import {
  eventOf,
  madeData,
  type Refusal,
  type StepOutcome,
  stepEvent,
  stepRaised,
  stepTimer,
} from "./machine-step.ts";
import { originOf } from "./origin.ts";
import {
  armDue,
  type ChildEvent,
  type DueMachine,
  disarmDue,
  dropPending,
  findPending,
  type PendingEvent,
} from "./pending.ts";
import { isRunning } from "./record.ts";
import { deedRefusal } from "./rights.ts";
import { conditionsHold } from "./send.ts";
import { settle } from "./settle.ts";
import { becomeOverdue } from "./slas.ts";
import {
  type Chart,
  envOf,
  findSubject,
  type MachineServer,
  type Scope,
  type Subject,
  subjectAt,
} from "./subject.ts";
import { writeSnapshot } from "./writing.ts";

/** Carries out one entry of the index of due times. `databases` shows the key space at the time it was due. */
export function runDue(server: MachineServer, databases: Databases, due: DueMachine, nowMs: number): void {
  disarmDue(databases.transaction, due);
  const db = databases.withPhys(due.phys);
  const key = db?.keyOf(due.id);
  if (db === undefined || key === undefined) return;
  const scope: Scope = { databases, db, server, nowMs };
  const subject = findSubject(scope, key);
  if (subject !== undefined && due.kind === "l") becomeOverdue(scope, subject, due);
  if (subject === undefined || due.kind === "l" || !isRunning(subject.machine)) return;
  const savepoint = databases.transaction.savepoint();
  try {
    if (due.kind === "e") runTimer(scope, subject, due);
    else runScheduled(scope, subject, due.sequence);
  } catch (error) {
    // A refusal here is a bound that was met: what it did is undone as a whole.
    if (!(error instanceof ReplyError)) throw error;
    databases.rollback(savepoint);
    fail(scope, subject, due, { kind: "refused", code: error.code, message: error.text });
  }
}

/** The timer or event has failed: it is spent, and the machine is notified or keeps it as failed. */
function fail(scope: Scope, subject: Subject, due: DueMachine, failure: Refusal): void {
  const { record, chart } = subject;
  if (due.kind === "s") {
    const pending = findPending(scope.db.transaction, record.id, due.sequence);
    if (pending === undefined) return;
    dropPending(scope.db.transaction, record.id, pending);
    failScheduled(scope, subject, pending, failure);
    return;
  }
  const timer = chart?.snapshot.timers.find(({ seq }) => seq === due.sequence);
  if (chart === undefined || timer === undefined) return;
  const timers = chart.snapshot.timers.filter(({ seq }) => seq !== due.sequence);
  const spent = writeSnapshot(scope, subject, { ...chart.snapshot, timers });
  failStep(scope, spent, stepOf(chart, timer), failure);
}

function failScheduled(scope: Scope, subject: Subject, pending: PendingEvent, failure: Refusal): void {
  const from = pending.kind === "child" ? pending.kind : "event";
  const after = failStep(scope, subject, { ...originOf(pending), from }, failure);
  settle(scope, { before: subject, after, pending }, failure);
}

function stepOf({ machine }: Chart, timer: Timer): FailedStep {
  const { event, kind, state } = timer;
  const step = { event, data: madeData(timer), from: kind === "raise" ? kind : "timer" } as const;
  return state === undefined ? step : { ...step, state: stateOf(machine, state).path };
}

function runTimer(scope: Scope, subject: Subject, due: DueMachine): void {
  const { chart } = subject;
  const timer = chart?.snapshot.timers.find(({ seq }) => seq === due.sequence);
  if (chart === undefined || timer === undefined) return;
  const refusal = deedRefusal(scope, subject.machine, { kind: "go-on" });
  if (refusal !== undefined) {
    fail(scope, subject, due, refusal);
    return;
  }
  const outcome = stepTimer(chart, due.sequence, envOf(scope, subject));
  if (outcome.kind === "refused") {
    fail(scope, subject, due, outcome);
    return;
  }
  const { event } = timer;
  const data = madeData(timer);
  const waiting = { event, data, receivedMs: scope.nowMs };
  const delivery = new Delivery(scope);
  delivery.apply(subject, outcome, { kind: "timer", event, data, fired: due.sequence }, waiting);
  delivery.runFollowUps();
}

function runScheduled(scope: Scope, subject: Subject, sequence: number): void {
  const { transaction } = scope.db;
  const pending = findPending(transaction, subject.record.id, sequence);
  if (pending?.kind !== "scheduled" && pending?.kind !== "task" && pending?.kind !== "child") return;
  dropPending(transaction, subject.record.id, pending);
  if (pending.kind === "child") {
    runChildEvent(scope, subject, pending);
    return;
  }
  if (pending.kind === "task") {
    runDeadline(scope, subject, pending);
    return;
  }
  if (pending.expireAtMs !== undefined && pending.expireAtMs < scope.nowMs) {
    expire(scope, subject, pending);
    return;
  }
  const outcome: StepOutcome = conditionsHold(subject, pending)
    ? stepEvent(subject, eventOf(pending), envOf(scope, subject))
    : { kind: "refused", code: "UNMET", message: "IFSTATE or IFREV did not hold when the event was due" };
  if (outcome.kind === "refused") {
    if (isFailure(outcome)) failScheduled(scope, subject, pending, outcome);
    else refuse(scope, subject, pending, outcome);
    return;
  }
  const delivery = new Delivery(scope);
  delivery.apply(subject, outcome, { kind: "event", ...originOf(pending) }, pending);
  delivery.runFollowUps();
  settle(scope, { before: subject, after: subjectAt(scope, subject.key) ?? subject, pending }, outcome);
}

/** What a machine was to hear of a child while it was suspended. */
function runChildEvent(scope: Scope, subject: Subject, pending: ChildEvent): void {
  const outcome = stepRaised(subject, eventOf(pending), envOf(scope, subject));
  if (outcome.kind === "refused") {
    failScheduled(scope, subject, pending, outcome);
    return;
  }
  const delivery = new Delivery(scope);
  delivery.apply(subject, outcome, { kind: "child", ...originOf(pending) }, pending);
  delivery.runFollowUps();
}

/** Puts an entry off, so that one that fails does not block all the others. */
export function putOff(databases: Databases, due: DueMachine, dueMs: number): void {
  disarmDue(databases.transaction, due);
  armDue(databases.transaction, { ...due, dueMs }, due.phys);
}
