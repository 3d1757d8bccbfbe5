/**
 * The way of an event through a machine, once it is known that it may run: select and step, write, then what the
 * step has set off: deferred events a state takes now, events the machine raised, events sent to other machines.
 * All of it is in the commit of the first event, in the order in which it came up, and bounded.
 */
import { type Bytes, bytesOfText, textOfBytes } from "../../base/bytes.ts";
import type { Json } from "../../base/json.ts";
import { acceptedEvents } from "../../engine/refusal.ts";
import { recall } from "../../engine/step.ts";
import type { Effect } from "../../engine/types.ts";
import * as errors from "../../protocol/errors.ts";
import { findOutcome, replaceOutcome } from "../../store/machine-outcomes.ts";
import {
  addPending,
  type DeferredEvent,
  dropPending,
  type PendingEvent,
  pendingOf,
} from "../../store/machine-pending.ts";
import { type Next, type Refusal, type StepOutcome, stepEvent, stepRaised } from "./machine-step.ts";
import { envOf, findSubject, type Scope, type Subject } from "./subject.ts";
import { type Cause, writeMoved, writeRecord } from "./writing.ts";

/** What the inbox keeps of an event. */
type Deferrable = Omit<DeferredEvent, "sequence" | "kind">;

/** Events one request may set off beside its own. */
const FOLLOW_UP_MAX = 1000;

/** An event that is still to be delivered within the commit. */
interface FollowUp {
  readonly kind: "raise" | "send";
  /** The key of the machine it goes to, and of the one it comes from. */
  readonly to: Bytes;
  readonly from: Bytes;
  readonly event: string;
  readonly data?: Json | undefined;
}

/** The event a machine gets when what it sent did not arrive, if it accepts one of that name. SCXML 6.2.4. */
const COMMUNICATION_ERROR = "error.communication";

export class Delivery {
  readonly #scope: Scope;
  readonly #queue: FollowUp[] = [];
  #count = 0;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** Takes up what the first macrostep of a new machine has set off. */
  start(key: Bytes, next: Next): void {
    this.#enqueue(key, next.effects);
  }

  /**
   * Applies the outcome of a step to the machine. A deferred event goes to the inbox; a refusal leaves the machine
   * as it was, but for a timer that is spent. `event` is what the inbox keeps of it.
   */
  apply(subject: Subject, outcome: StepOutcome, cause: Cause, event: Deferrable): Subject {
    switch (outcome.kind) {
      case "moved": {
        const moved = writeMoved(this.#scope, subject, outcome, cause);
        this.#enqueue(moved.key, outcome.effects);
        return this.#recallDeferred(moved);
      }
      case "deferred":
        return defer(this.#scope, subject, event);
      case "ignored":
        return subject;
      case "refused": {
        if (outcome.snapshot === undefined) return subject;
        const machine = { ...subject.machine, snapshot: outcome.snapshot };
        return writeRecord(this.#scope, subject, machine, undefined);
      }
    }
  }

  /**
   * Delivers what the steps so far have set off, and what that sets off. False when they have set off nothing, so that
   * the machines are still what the steps have made of them. @throws ReplyError EXECFAIL beyond the bound
   */
  runFollowUps(): boolean {
    if (this.#queue.length === 0) return false;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.#count += 1;
      if (this.#count > FOLLOW_UP_MAX) {
        throw errors.refused(
          "EXECFAIL",
          `one event has set off more than ${FOLLOW_UP_MAX} others: do machines send in a circle?`,
        );
      }
      this.#deliver(next);
    }
    return true;
  }

  #deliver(followUp: FollowUp): void {
    const { nowMs } = this.#scope;
    const subject = findSubject(this.#scope, followUp.to);
    if (subject === undefined || subject.machine.status !== "active") {
      const code = subject === undefined ? "NOMACHINE" : subject.machine.status.toUpperCase();
      this.#reportLost(followUp, code);
      return;
    }
    const { kind, event, data } = followUp;
    const given = data === undefined ? { type: event } : { type: event, data };
    const env = envOf(this.#scope, followUp.to);
    const outcome = kind === "raise" ? stepRaised(subject, given, env) : stepEvent(subject, given, env);
    this.apply(
      subject,
      outcome,
      { kind, event, data, by: textOfBytes(followUp.from) },
      { event, data, receivedMs: nowMs },
    );
    if (outcome.kind === "refused") this.#reportLost(followUp, outcome.code);
  }

  /** Tells the sender of an event that was not taken, if it wants to know. */
  #reportLost(followUp: FollowUp, code: string): void {
    if (followUp.kind !== "send") return;
    const { to, from, event } = followUp;
    const sender = findSubject(this.#scope, from);
    if (sender?.chart === undefined || sender.machine.status !== "active") return;
    const { machine, snapshot } = sender.chart;
    if (!acceptedEvents(machine, snapshot.configuration).includes(COMMUNICATION_ERROR)) return;
    const data = { to: textOfBytes(to), event, code };
    this.#queue.push({ kind: "raise", to: from, from: to, event: COMMUNICATION_ERROR, data });
  }

  #enqueue(from: Bytes, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === "raise") this.#queue.push({ ...effect, to: from, from });
      else if (effect.kind === "send") this.#queue.push({ ...effect, to: bytesOfText(effect.to), from });
    }
  }

  /** Hands the machine each deferred event it takes now, in the order of the inbox, until it takes none. */
  #recallDeferred(subject: Subject): Subject {
    if (subject.machine.status === "done") return dropWaiting(this.#scope, subject);
    if (subject.machine.deferredCount === 0) return subject;
    if (subject.chart === undefined) return subject;
    const { transaction } = this.#scope.db;
    const { inbox, current } = freshInbox(this.#scope, subject);
    const { chart } = current;
    if (chart === undefined) return current;
    const events = inbox.map(({ event, data }) =>
      data === undefined ? { type: event } : { type: event, data },
    );
    const env = envOf(this.#scope, subject.key);
    const position = recall(chart.machine, chart.snapshot, events, env);
    const pending = position === undefined ? undefined : inbox[position];
    const given = position === undefined ? undefined : events[position];
    if (pending === undefined || given === undefined) return current;
    this.#count += 1;
    if (this.#count > FOLLOW_UP_MAX)
      throw errors.refused("EXECFAIL", `more than ${FOLLOW_UP_MAX} deferred events at once`);
    dropPending(transaction, current.record.id, pending);
    const { event, data, id, by, reason } = pending;
    const machine = { ...current.machine, deferredCount: current.machine.deferredCount - 1 };
    const without = writeRecord(this.#scope, current, machine, undefined);
    const outcome = stepEvent(without, given, env);
    const after = this.apply(without, outcome, { kind: "event", event, data, id, by, reason }, pending);
    settle(this.#scope, { before: without, after, pending }, outcome);
    return outcome.kind === "moved" ? after : this.#recallDeferred(after);
  }
}

/** The deferred events of a machine; those past their time are dropped. */
function freshInbox(scope: Scope, subject: Subject): { inbox: DeferredEvent[]; current: Subject } {
  const { transaction } = scope.db;
  const { id } = subject.record;
  const deferred = pendingOf(transaction, id).filter((pending) => pending.kind === "deferred");
  const inbox = deferred.filter(({ expireAtMs }) => expireAtMs === undefined || expireAtMs >= scope.nowMs);
  if (inbox.length === deferred.length) return { inbox, current: subject };
  for (const pending of deferred) {
    if (inbox.includes(pending)) continue;
    dropPending(transaction, id, pending);
    expire(scope, subject, pending);
  }
  const machine = { ...subject.machine, deferredCount: inbox.length };
  return { inbox, current: writeRecord(scope, subject, machine, undefined) };
}

function defer(scope: Scope, subject: Subject, deferred: Deferrable): Subject {
  const { machine, record } = subject;
  const max = scope.server.config.get("sm-inbox-max");
  if (machine.deferredCount >= max)
    throw errors.machineLimit("the machine holds too many deferred events", max, "sm-inbox-max");
  const sequence = machine.pendingNext;
  const { transaction, phys } = scope.db;
  // One by one: an event that was scheduled has a due time too, and that is over.
  const { event, data, id, by, reason, receivedMs, expireAtMs } = deferred;
  const waiting = { event, data, id, by, reason, receivedMs, expireAtMs };
  addPending(transaction, { id: record.id, phys }, { ...waiting, sequence, kind: "deferred" });
  const next = { ...machine, pendingNext: sequence + 1, deferredCount: machine.deferredCount + 1 };
  return writeRecord(scope, subject, next, undefined);
}

/** What becomes of the events of a machine that is done. */
const TOO_LATE: Refusal = { kind: "refused", code: "DONE", message: "the machine is done" };

/** A machine that is done takes no event any more: nothing of it falls due, and its inbox is emptied. */
function dropWaiting(scope: Scope, subject: Subject): Subject {
  const { transaction } = scope.db;
  const { id } = subject.record;
  for (const pending of pendingOf(transaction, id)) {
    if (pending.kind === "deferred") continue;
    dropPending(transaction, id, pending);
    if (pending.kind === "scheduled") settle(scope, { before: subject, after: subject, pending }, TOO_LATE);
  }
  return dropDeferred(scope, subject, TOO_LATE);
}

/** Empties the inbox of a machine; the outcomes of its events say why. */
export function dropDeferred(scope: Scope, subject: Subject, why: Refusal): Subject {
  if (subject.machine.deferredCount === 0) return subject;
  const { transaction } = scope.db;
  for (const pending of pendingOf(transaction, subject.record.id)) {
    if (pending.kind !== "deferred") continue;
    dropPending(transaction, subject.record.id, pending);
    settle(scope, { before: subject, after: subject, pending }, why);
  }
  return writeRecord(scope, subject, { ...subject.machine, deferredCount: 0 }, undefined);
}

/** An event that waited longer than it was to live. */
export function expire(scope: Scope, subject: Subject, pending: PendingEvent): void {
  settle(
    scope,
    { before: subject, after: subject, pending },
    { kind: "refused", code: "EXPIRED", message: "it waited too long" },
  );
}

export interface Settled {
  readonly before: Subject;
  readonly after: Subject;
  readonly pending: PendingEvent;
}

/** Brings the outcome of an event that had waited up to date; its first reply stays. */
export function settle(scope: Scope, { before, after, pending }: Settled, outcome: StepOutcome): void {
  if (pending.id === undefined) return;
  const { transaction } = scope.db;
  const known = findOutcome(transaction, after.record.id, pending.id);
  if (known === undefined) return;
  replaceOutcome(transaction, after.record.id, {
    ...known,
    atMs: scope.nowMs,
    code: codeOf(outcome),
    from: before.machine.states.map(([state]) => state),
    to: after.machine.states.map(([state]) => state),
    rev: after.machine.rev,
    details: outcome.kind === "refused" ? outcome.message : undefined,
  });
}

/** What an outcome is called. */
export function codeOf(outcome: StepOutcome): string {
  switch (outcome.kind) {
    case "moved":
      return "OK";
    case "refused":
      return outcome.code;
    case "deferred":
      return "DEFERRED";
    case "ignored":
      return "IGNORED";
  }
}
