/**
 * The way of an event through a machine, once it is known that it may run: select and step, write, then what the
 * step has set off: deferred events a state takes now, events the machine raised, events sent to other machines.
 * All of it is in the commit of the first event, in the order in which it came up, and bounded.
 */

import { type Bytes, bytesOfText, textOfBytes } from "../base/bytes.ts";
import { EventData } from "../base/event-data.ts";
import { ERROR_EXECUTION } from "../engine/event-names.ts";
import { acceptedEvents } from "../engine/refusal.ts";
import { recall } from "../engine/step.ts";
import type { Effect, Kept } from "../engine/types.ts";
import * as errors from "../protocol/errors.ts";
import { ReplyError } from "../protocol/reply-error.ts";
import { dropFailed, type FailedStep, failedOf, isFailure, markFailed, recordRefusal } from "./failures.ts";
import { type Deferrable, defer, dropWaiting, freshInbox, TOO_LATE } from "./inbox.ts";
import { forgetKept, holdKept, keptBy, settleKept, waitingOf } from "./kept-events.ts";
import {
  eventOf,
  madeData,
  type Next,
  ownEventOf,
  type Refusal,
  type StepOutcome,
  stepEvent,
  stepRaised,
} from "./machine-step.ts";
import { type Creation, makeMachine } from "./making.ts";
import { originOf } from "./origin.ts";
import { type DeferredEvent, dropPending } from "./pending.ts";
import { isRunning, outerNames } from "./record.ts";
import { settle } from "./settle.ts";
import { envOf, findSubject, type Scope, type Subject } from "./subject.ts";
import { type Cause, writeMoved, writeRecord, writeSnapshot } from "./writing.ts";

/** Events one request may set off beside its own. */
const FOLLOW_UP_MAX = 1000;

/** An event that is still to be delivered within the commit. */
interface FollowUp {
  readonly kind: "raise" | "send";
  /** The key of the machine it goes to, and of the one it comes from. */
  readonly to: Bytes;
  readonly from: Bytes;
  readonly event: string;
  readonly data?: EventData | undefined;
  /** The trace of what has set it off. */
  readonly trace?: string | undefined;
}

/** The event a machine gets when what it sent did not arrive, if it accepts one of that name. SCXML 6.2.4. */
const COMMUNICATION_ERROR = "error.communication";

export class Delivery {
  readonly #scope: Scope;
  readonly #queue: FollowUp[] = [];
  /** What joins have kept that were left, of the machine at hand. */
  #released: Kept[] = [];
  #count = 0;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * Makes a machine in place of whatever the key holds; what its first macrostep has set off follows like what an event
   * has. @throws ReplyError NOSTATE, EXECFAIL
   */
  create(key: Bytes, creation: Creation): void {
    const { effects } = makeMachine(this.#scope, key, creation);
    // What joins have kept and let go of by then are events the machine has raised itself.
    for (const kept of keptBy(effects, "released"))
      this.#queue.push({ kind: "raise", event: kept.event, data: madeData(kept), to: key, from: key });
    this.#enqueue(key, effects, undefined);
  }

  /**
   * Applies the outcome of a step to the machine. A deferred event goes to the inbox; a refusal leaves the machine
   * as it was, but for a timer that is spent. `event` is what the inbox keeps of it.
   */
  apply(subject: Subject, outcome: StepOutcome, cause: Cause, event: Deferrable): Subject {
    if (outcome.kind === "moved") return this.#recallDeferred(this.#move(subject, outcome, cause));
    const { spent } = outcome;
    const current = spent === undefined ? subject : writeSnapshot(this.#scope, subject, spent);
    return outcome.kind === "deferred" ? defer(this.#scope, current, event) : current;
  }

  /**
   * A step that no client waits for has failed: the machine gets `error.execution`, and keeps the step as failed where
   * no transition takes that. `subject` is the machine without what the step was to do.
   */
  fail(subject: Subject, step: FailedStep, failure: Refusal): Subject {
    const after = this.#fail(subject, step, failure);
    return after.machine.rev > subject.machine.rev ? this.#recallDeferred(after) : after;
  }

  #fail(subject: Subject, step: FailedStep, failure: Refusal): Subject {
    const { event, trace } = step;
    const { code, message } = failure;
    const data = EventData.ofValue({ event, code, message });
    const error = { event: ERROR_EXECUTION, data };
    const outcome =
      subject.chart === undefined
        ? undefined
        : stepRaised(subject, ownEventOf(error), envOf(this.#scope, subject.key));
    return outcome?.kind === "moved"
      ? this.#move(subject, outcome, { kind: "raise", ...error, trace })
      : markFailed(this.#scope, subject, step, failure);
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
    const subject = findSubject(this.#scope, followUp.to);
    if (subject === undefined || !isRunning(subject.machine)) {
      const code = subject === undefined ? "NOMACHINE" : subject.machine.status.toUpperCase();
      this.#reportLost(followUp, code);
      return;
    }
    const { kind, event, data, trace } = followUp;
    const step: FailedStep = { event, data, trace, by: textOfBytes(followUp.from), from: kind };
    const refusal = this.#follow(subject, step);
    if (refusal === undefined) return;
    if (isFailure(refusal)) this.fail(subject, step, refusal);
    else recordRefusal(this.#scope, subject, step, refusal);
    this.#reportLost(followUp, refusal.code);
  }

  /** Runs an event that a machine was sent by one; why that came to nothing, with all it did undone. */
  #follow(subject: Subject, step: FailedStep): Refusal | undefined {
    const { databases, nowMs } = this.#scope;
    const env = envOf(this.#scope, subject.key);
    const isRaised = step.from === "raise";
    const outcome = isRaised
      ? stepRaised(subject, ownEventOf(step), env)
      : stepEvent(subject, eventOf(step), env);
    if (outcome.kind === "refused") return outcome;
    const savepoint = databases.transaction.savepoint();
    const queued = this.#queue.length;
    try {
      const origin = originOf(step);
      const kind = isRaised ? "raise" : "send";
      this.apply(subject, outcome, { kind, ...origin }, { ...origin, receivedMs: nowMs });
      return undefined;
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      databases.rollback(savepoint);
      this.#queue.length = queued;
      this.#released.length = 0;
      return { kind: "refused", code: error.code, message: error.text };
    }
  }

  /** Tells the sender of an event that was not taken, if it wants to know. */
  #reportLost(followUp: FollowUp, code: string): void {
    if (followUp.kind !== "send") return;
    const { to, from, event, trace } = followUp;
    const sender = findSubject(this.#scope, from);
    if (sender?.chart === undefined || !isRunning(sender.machine)) return;
    const { machine, snapshot } = sender.chart;
    if (!acceptedEvents(machine, snapshot).includes(COMMUNICATION_ERROR)) return;
    const data = EventData.ofValue({ to: textOfBytes(to), event, code });
    this.#queue.push({ kind: "raise", to: from, from: to, event: COMMUNICATION_ERROR, data, trace });
  }

  #enqueue(from: Bytes, effects: readonly Effect[], trace: string | undefined): void {
    for (const effect of effects) {
      if (effect.kind !== "raise" && effect.kind !== "send") continue;
      const to = effect.kind === "raise" ? from : bytesOfText(effect.to);
      this.#queue.push({ kind: effect.kind, event: effect.event, data: madeData(effect), trace, to, from });
    }
  }

  #move(subject: Subject, next: Next, cause: Cause): Subject {
    if (subject.chart?.machine.record === "changes" && changesNothing(next)) {
      // A timer that has fired is gone all the same.
      const isSpent = next.live?.timers.length !== subject.chart.snapshot.timers.length;
      return isSpent && next.live !== undefined ? writeSnapshot(this.#scope, subject, next.live) : subject;
    }
    const current = this.#withoutLeft(subject, next);
    const written = writeMoved(this.#scope, current, next, cause);
    const moved = next.joins === undefined ? written : this.#settleJoins(current, written, next);
    this.#enqueue(moved.key, next.effects, cause.trace);
    return moved;
  }

  #settleJoins(before: Subject, after: Subject, next: Next): Subject {
    this.#released.push(...keptBy(next.effects, "released"));
    return settleKept(this.#scope, before, after, next);
  }

  /** Tries each event once more whose join was left; what nothing takes is over. */
  #retryReleased(subject: Subject): Subject {
    let current = subject;
    for (let kept = this.#released.shift(); kept !== undefined; kept = this.#released.shift()) {
      if (current.machine.status === "done") forgetKept(this.#scope, current, [kept], TOO_LATE);
      else if (!isRunning(current.machine)) current = holdKept(this.#scope, current, kept);
      else current = this.#retry(current, kept);
    }
    return current;
  }

  #retry(before: Subject, kept: Kept): Subject {
    const event = waitingOf(kept);
    const env = envOf(this.#scope, before.key);
    // What the machine has sent itself is never refused.
    const outcome =
      kept.origin === undefined
        ? stepRaised(before, ownEventOf(event), env)
        : stepEvent(before, eventOf(event), env);
    const after =
      outcome.kind === "deferred" ? defer(this.#scope, before, event) : this.#taken(before, outcome, event);
    settle(this.#scope, { before, after, pending: event }, outcome);
    return after;
  }

  /** A failed step goes with the state that has armed it. */
  #withoutLeft(subject: Subject, { states, entered }: Next): Subject {
    if (subject.machine.failedCount === 0) return subject;
    const active = new Set(["", ...states, ...outerNames(states)]);
    const left = failedOf(this.#scope, subject).filter(
      ({ state }) => state !== undefined && (!active.has(state) || entered.has(state)),
    );
    return dropFailed(this.#scope, subject, left);
  }

  /** Hands the machine each deferred event it takes now, in the order of the inbox, until it takes none. */
  #recallDeferred(subject: Subject): Subject {
    const { inbox, current: fresh } = freshInbox(this.#scope, this.#retryReleased(subject));
    const waiting = inbox.map((pending) => ({ ...eventOf(pending), pending }));
    const env = envOf(this.#scope, subject.key);
    let current = fresh;
    while (isRunning(current.machine)) {
      const { chart } = current;
      const position = chart === undefined ? undefined : recall(chart.machine, chart.snapshot, waiting, env);
      const [taken] = position === undefined ? [] : waiting.splice(position, 1);
      if (taken === undefined) return current;
      current = this.#take(current, taken.pending);
      // What is tried again may lie in the inbox then.
      if (this.#released.length > 0) return this.#recallDeferred(current);
    }
    return current.machine.status === "done" ? dropWaiting(this.#scope, current) : current;
  }

  /** Takes an event out of the inbox and hands it to the machine, which then has it no more, whatever comes of it. */
  #take(subject: Subject, pending: DeferredEvent): Subject {
    dropPending(this.#scope.db.transaction, subject.record.id, pending);
    const machine = { ...subject.machine, deferredCount: subject.machine.deferredCount - 1 };
    const before = writeRecord(this.#scope, subject, machine, undefined);
    const outcome = stepEvent(before, eventOf(pending), envOf(this.#scope, subject.key));
    const after = this.#taken(before, outcome, pending);
    settle(this.#scope, { before, after, pending }, outcome);
    return after;
  }

  #taken(before: Subject, outcome: StepOutcome, pending: Deferrable): Subject {
    if (outcome.kind === "moved") return this.#move(before, outcome, { kind: "event", ...originOf(pending) });
    if (outcome.kind !== "refused") return before;
    return isFailure(outcome)
      ? this.#fail(before, { ...originOf(pending), from: "event" }, outcome)
      : recordRefusal(this.#scope, before, pending, outcome);
  }
}

/** True for a step that leaves states, context and the world outside as they were. */
function changesNothing({ entered, changes, effects }: Next): boolean {
  return entered.size === 0 && changes.length === 0 && effects.length === 0;
}

/** Tells a machine of a step that has failed, with all that sets off; where that fails too, the step is kept. */
export function failStep(scope: Scope, subject: Subject, step: FailedStep, failure: Refusal): Subject {
  const savepoint = scope.databases.transaction.savepoint();
  try {
    const delivery = new Delivery(scope);
    const failed = delivery.fail(subject, step, failure);
    return delivery.runFollowUps() ? (findSubject(scope, subject.key) ?? failed) : failed;
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    scope.databases.rollback(savepoint);
    return markFailed(scope, subject, step, failure);
  }
}
