/**
 * The way of an event through a machine, once it is known that it may run: select and step, write, then what the
 * step has set off: deferred events a state takes now, events the machine raised, events sent to other machines.
 * All of it is in the commit of the first event, in the order in which it came up, and bounded.
 */

import { assert } from "../base/assert.ts";
import { type Bytes, bytesOfText, textOfBytes } from "../base/bytes.ts";
import { EventData } from "../base/event-data.ts";
import { ERROR_EXECUTION } from "../engine/event-names.ts";
import { acceptedEvents } from "../engine/refusal.ts";
import { reactsTo } from "../engine/select.ts";
import { recall } from "../engine/step.ts";
import type { Effect, Kept, SendExtras } from "../engine/types.ts";
import type { Notice } from "../keyspace/transaction.ts";
import * as errors from "../protocol/errors.ts";
import { ReplyError } from "../protocol/reply-error.ts";
import { type ChildLink, keyOfChild } from "./child-links.ts";
import { adopt, type ChildNews, Children, disown } from "./children.ts";
import { definitionAt } from "./definitions.ts";
import {
  dropFailed,
  type FailedStep,
  failedOf,
  isFailure,
  logRefusal,
  markFailed,
  recordRefusal,
} from "./failures.ts";
import { checkParent } from "./family-invariants.ts";
import { type Deferrable, defer, dropWaiting, EXPIRED, freshInbox, TOO_LATE } from "./inbox.ts";
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
import type { EventLetter } from "./mail/letter.ts";
import { post } from "./mail/outgoing.ts";
import { type Creation, makeMachine } from "./making.ts";
import { originOf } from "./origin.ts";
import { keptOutcome } from "./outcome-reply.ts";
import { isOutcomeOf } from "./outcomes.ts";
import { type DeferredEvent, dropPending, type FailedEvent, holdPending } from "./pending.ts";
import { hasEnded, isRunning, outerNames } from "./record.ts";
import { deedRefusal } from "./rights.ts";
import { keepSent, settle } from "./settle.ts";
import { envOf, findSubject, type Scope, type Subject } from "./subject.ts";
import { type Cause, writeMoved, writeRecord, writeSnapshot } from "./writing.ts";

/** How deep machines may make each other, by what they send when they begin. */
const MAKING_DEPTH_MAX = 8;

/** Events one request may set off beside its own. */
const FOLLOW_UP_MAX = 1000;

/** An event that is still to be delivered within the commit. */
interface FollowUp {
  readonly kind: "raise" | "send" | "child";
  /** The key of the machine it goes to, and of the one it comes from. */
  readonly to: Bytes;
  readonly from: Bytes;
  readonly event: string;
  readonly data?: EventData | undefined;
  /** The trace of what has set it off. */
  readonly trace?: string | undefined;
  /** What an event that was sent came with. */
  readonly extras?: SendExtras | undefined;
  /** Id of the object of the machine it comes from, where that is in another partition. */
  readonly sender?: number | undefined;
}

/** An event that was sent and not taken. */
type Lost = Pick<EventLetter, "to" | "from" | "event" | "trace" | "code"> &
  Partial<Pick<EventLetter, "sender">>;

/** A child that is to be stopped once it has got what was sent to it before. */
interface Stop {
  readonly kind: "stop";
  /** Id of the parent's object. */
  readonly parent: number;
  readonly links: readonly ChildLink[];
}

/** The event a machine gets when what it sent did not arrive, if it accepts one of that name. SCXML 6.2.4. */
const COMMUNICATION_ERROR = "error.communication";

export class Delivery {
  readonly #scope: Scope;
  readonly #queue: (FollowUp | Stop)[] = [];
  #children: Children | undefined;
  /** What joins have kept that were left, of the machine at hand. */
  #released: Kept[] = [];
  #count = 0;
  /** How many machines around this one are being made. */
  readonly #depth: number;

  constructor(scope: Scope, depth = 0) {
    this.#scope = scope;
    this.#depth = depth;
  }

  /**
   * Makes a machine in place of whatever the key holds; what its first macrostep has set off follows like what an event
   * has. Children of a machine that was there are stopped. @throws ReplyError NOSTATE, EXECFAIL
   */
  create(key: Bytes, creation: Creation): void {
    const before = findSubject(this.#scope, key);
    const hasChildren = before !== undefined && before.machine.childCount > 0;
    if (hasChildren) this.stopChildren(before);
    const orphans = hasChildren ? disown(this.#scope, before.record.id) : [];
    const next = makeMachine(this.#scope, key, creation);
    const made = findSubject(this.#scope, key);
    assert(made !== undefined, "the machine that was made");
    const subject = hasChildren ? adopt(this.#scope, made, orphans) : made;
    // What joins have kept and let go of by then are events the machine has raised itself.
    for (const kept of keptBy(next.effects, "released"))
      this.#queue.push({ kind: "raise", event: kept.event, data: madeData(kept), to: key, from: key });
    this.#takeUp(subject, next, undefined);
  }

  /** Stops all children of a machine, which is about to begin anew. */
  stopChildren({ record, machine }: Subject): void {
    if (machine.childCount > 0) this.#family.stop(record.id, this.#family.running(record.id));
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

  /** Stops children, behind what was sent to them, of a machine that is where it had none of these. */
  stopAll(subject: Subject, stops: readonly Effect[]): void {
    for (const effect of stops)
      if (effect.kind === "stop" && subject.machine.childCount > 0) this.#stopLater(subject, effect.id);
  }

  /**
   * Takes up what has followed when a machine has gone to another definition. `before` is the machine as it was, `written`
   * as it is there. @throws ReplyError
   */
  takeOver(before: Subject, written: Subject, next: Next): Subject {
    const moved = next.joins === undefined ? written : this.#settleJoins(before, written, next);
    const after = this.#takeUp(moved, next, undefined);
    const { parent, childCount } = after.machine;
    if (parent !== undefined) checkParent(this.#scope, parent.id);
    if (childCount > 0) checkParent(this.#scope, after.record.id);
    return this.#recallDeferred(after);
  }

  /**
   * A step that no client waits for has failed: the machine gets `error.execution`, and keeps the step as failed where
   * no transition takes that. `subject` is the machine without what the step was to do.
   */
  fail(subject: Subject, step: FailedStep, failure: Refusal): Subject {
    const after = this.#fail(subject, step, failure);
    return after.machine.rev > subject.machine.rev ? this.#recallDeferred(after) : after;
  }

  /** Hands a machine that a command has moved the deferred events that it takes now, and what they set off. */
  recall(subject: Subject): Subject {
    const after = this.#recallDeferred(subject);
    return this.runFollowUps() ? (findSubject(this.#scope, subject.key) ?? after) : after;
  }

  #fail(subject: Subject, step: FailedStep, failure: Refusal): Subject {
    const { event, trace } = step;
    const { code, message } = failure;
    const data = EventData.ofValue({ event, code, message });
    const error = { event: ERROR_EXECUTION, data };
    const outcome =
      subject.chart === undefined
        ? undefined
        : stepRaised(subject, ownEventOf(error), envOf(this.#scope, subject));
    const moved =
      outcome?.kind === "moved"
        ? this.#attempt(() => this.#move(subject, outcome, { kind: "raise", ...error, trace }))
        : undefined;
    return moved === undefined || "code" in moved ? markFailed(this.#scope, subject, step, failure) : moved;
  }

  /**
   * Delivers what the steps so far have set off, and what that sets off. False when they have set off nothing, so that
   * the machines are still what the steps have made of them. @throws ReplyError EXECFAIL beyond the bound
   */
  runFollowUps(): boolean {
    if (this.#queue.length === 0 && !this.#scope.db.transaction.hasNotices) return false;
    this.#lookAtChildren();
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (next.kind === "stop") this.#family.stop(next.parent, next.links);
      else this.#followUp(next);
      this.#lookAtChildren();
    }
    return true;
  }

  #followUp(next: FollowUp): void {
    // What becomes of children is bounded by their number.
    if (next.kind !== "child") {
      this.#count += 1;
      if (this.#count > FOLLOW_UP_MAX) {
        throw errors.refused(
          "EXECFAIL",
          `one event has set off more than ${FOLLOW_UP_MAX} others: do machines send in a circle?`,
        );
      }
    }
    this.#deliver(next);
  }

  /** What has become of children since the last look is reported after what is reported already. */
  #lookAtChildren(): void {
    const { transaction } = this.#scope.db;
    for (let notice = transaction.takeNotice(); notice !== undefined; notice = transaction.takeNotice()) {
      if (notice.phys === this.#scope.db.phys) this.#family.look(notice);
      else this.#lookElsewhere(notice);
    }
  }

  /** A command may reach into another database. */
  #lookElsewhere(notice: Notice): void {
    const db = this.#scope.databases.withPhys(notice.phys);
    if (db === undefined) return;
    const there = new Delivery({ ...this.#scope, db });
    there.#family.look(notice);
    there.runFollowUps();
  }

  get #family(): Children {
    this.#children ??= new Children(this.#scope, {
      create: (key, creation) => this.create(key, creation),
      tell: (news) => this.#tell(news),
      stopping: (parent, name) =>
        this.#queue.flatMap((next) =>
          next.kind === "stop" && next.parent === parent
            ? next.links.filter((link) => link.name === name)
            : [],
        ),
      takes: ({ chart }, event) =>
        chart !== undefined && reactsTo(chart.machine, chart.snapshot.configuration, event),
    });
    return this.#children;
  }

  /** Has a machine told of a child: at once in its turn, or when it goes on. */
  #tell({ parent, by, event, data, trace }: ChildNews): void {
    const { db, nowMs } = this.#scope;
    const to = db.keyOf(parent);
    const subject = to === undefined ? undefined : findSubject(this.#scope, to);
    if (to === undefined || subject === undefined || hasEnded(subject.machine)) return;
    if (subject.machine.status !== "suspended") {
      this.#queue.push({ kind: "child", to, from: bytesOfText(by), event, data, trace });
      return;
    }
    const sequence = subject.machine.pendingNext;
    const waiting = {
      kind: "child",
      sequence,
      event,
      data,
      by,
      trace,
      receivedMs: nowMs,
      dueMs: nowMs,
    } as const;
    holdPending(db.transaction, subject.record.id, waiting);
    writeRecord(this.#scope, subject, { ...subject.machine, pendingNext: sequence + 1 }, undefined);
  }

  /**
   * Takes a letter from another partition, with all that it sets off. @throws ReplyError EXECFAIL beyond the bound: then all it
   * did is to be undone, and `refuseLetter` says so
   */
  takeLetter(letter: EventLetter): void {
    this.#count = letter.chain;
    if (letter.kind === "send") this.#followUp({ ...letter, kind: "send" });
    else this.#raiseLost(letter);
    this.runFollowUps();
  }

  /**
   * A letter could not be taken. @param isLast nothing is tried any more that the machine may do about it
   * @throws ReplyError EXECFAIL beyond the bound, unless `isLast`
   */
  refuseLetter(letter: EventLetter, refusal: Refusal, isLast: boolean): void {
    this.#count = letter.chain;
    const { kind, to, from, sender } = letter;
    const subject = findSubject(this.#scope, kind === "send" ? to : from);
    const followUp: FollowUp = { ...letter, kind: "send" };
    if (kind === "lost") {
      const error = { event: COMMUNICATION_ERROR, from: "raise" } as const;
      if (subject !== undefined && subject.record.id === sender && isRunning(subject.machine))
        this.#failOrMark(subject, error, refusal, isLast);
    } else if (subject !== undefined && isRunning(subject.machine))
      this.#refuse(subject, followUp, refusal, isLast);
    else {
      const about = { key: to, machine: subject?.machine };
      logRefusal(this.#scope, about, stepOf(followUp), { ...refusal, wasTold: false });
      this.#reportLost(followUp, refusal.code);
    }
    if (!isLast) this.runFollowUps();
  }

  #failOrMark(subject: Subject, step: FailedStep, failure: Refusal, isLast: boolean): Subject {
    return isLast ? markFailed(this.#scope, subject, step, failure) : this.fail(subject, step, failure);
  }

  /** A machine of another partition gets the event: it is written with what the commit changes, and sent on after it. */
  #post({ to, from, event, data, trace, extras }: FollowUp): void {
    const { db, nowMs } = this.#scope;
    const sender = findSubject(this.#scope, from)?.record.id ?? 0;
    const origin = { to, from, sender, event, data, trace, extras };
    post(db, { kind: "send", atMs: nowMs, chain: this.#count, ...origin });
  }

  #deliver(followUp: FollowUp): void {
    if (followUp.kind === "send" && this.#isForbidden(followUp)) return;
    const { place } = this.#scope.db;
    if (place.count > 1 && followUp.kind === "send" && !place.holds(followUp.to)) {
      this.#post(followUp);
      return;
    }
    const subject = findSubject(this.#scope, followUp.to);
    if (subject === undefined && followUp.extras?.def !== undefined) {
      this.#deliverToNew(followUp, followUp.extras.def);
      return;
    }
    if (subject === undefined || !isRunning(subject.machine)) {
      const code = subject === undefined ? "NOMACHINE" : subject.machine.status.toUpperCase();
      this.#reportLost(followUp, code);
      return;
    }
    const refusal = this.#deliverTo(subject, followUp);
    if (refusal !== undefined) this.#refuse(subject, followUp, refusal);
  }

  /** A machine does not take an event that was sent to it. */
  #refuse(subject: Subject, followUp: FollowUp, refusal: Refusal, isLast = false): void {
    const step = stepOf(followUp);
    const after = isFailure(refusal)
      ? this.#failOrMark(subject, step, refusal, isLast)
      : recordRefusal(this.#scope, subject, step, refusal);
    const { event, data, id, by } = step;
    if (id !== undefined && refusal.code !== "DUPID")
      keepSent(this.#scope, { before: subject, after }, { event, data, id, by }, refusal);
    this.#reportLost(followUp, refusal.code);
  }

  /** As SM.SEND with DEF: the machine is made first, and is not there where its event is refused. */
  #deliverToNew(followUp: FollowUp, def: string): void {
    const scope = this.#scope;
    const { to } = followUp;
    const by = textOfBytes(followUp.from);
    const made = this.#attempt(() => {
      if (scope.db.find(to) !== undefined) throw errors.wrongType();
      if (this.#depth >= MAKING_DEPTH_MAX)
        throw errors.refused("EXECFAIL", `machines make each other more than ${MAKING_DEPTH_MAX} deep`);
      const making = new Delivery(scope, this.#depth + 1);
      making.#count = this.#count;
      making.create(to, { definition: definitionAt(scope.db, def), by, expireAtMs: 0 });
      making.runFollowUps();
      this.#count = making.#count;
      const subject = findSubject(scope, to);
      if (subject === undefined || !isRunning(subject.machine))
        throw new ReplyError(`${subject?.machine.status.toUpperCase() ?? "NOMACHINE"} it ended as it began`);
      const refusal = this.#deliverTo(subject, followUp);
      if (refusal !== undefined) throw new ReplyError(`${refusal.code} ${refusal.message}`);
      return subject;
    });
    if (!("code" in made)) return;
    logRefusal(scope, { key: to, machine: undefined }, stepOf(followUp), { ...made, wasTold: false });
    this.#reportLost(followUp, made.code);
  }

  /** Runs an event that a machine was sent, once for its id; why that came to nothing, with all it did undone. */
  #deliverTo(subject: Subject, followUp: FollowUp): Refusal | undefined {
    const scope = this.#scope;
    const step = stepOf(followUp);
    const { id, event, data, by } = step;
    const { expireAtMs } = followUp.extras ?? {};
    const known = id === undefined ? undefined : keptOutcome(scope, subject.record.id, id);
    if (known !== undefined) {
      if (isOutcomeOf(known, step)) return undefined;
      const { code, text: message } = errors.duplicateId(known.id);
      return { kind: "refused", code, message };
    }
    if (expireAtMs !== undefined && expireAtMs < scope.nowMs) return EXPIRED;
    const followed = this.#follow(subject, step, expireAtMs);
    if ("code" in followed) return followed;
    const after = findSubject(scope, subject.key);
    if (id !== undefined && after !== undefined)
      keepSent(scope, { before: subject, after }, { event, data, id, by }, followed);
    return undefined;
  }

  /** Whether the sender may not send that; it then knows, and the other machine does not. */
  #isForbidden(followUp: FollowUp): boolean {
    const { to, from, event, extras } = followUp;
    // Of one that comes from another partition that was looked at there.
    const isFromHere = to !== from && followUp.sender === undefined;
    const sender = isFromHere ? findSubject(this.#scope, from) : undefined;
    if (sender === undefined || this.#areRelated(sender, to)) return false;
    const refusal = deedRefusal(this.#scope, sender.machine, {
      kind: "send",
      key: to,
      event,
      definition: extras?.def,
    });
    if (refusal === undefined) return false;
    const { code, message } = refusal;
    if (isRunning(sender.machine)) recordRefusal(this.#scope, sender, { event }, refusal);
    else logRefusal(this.#scope, sender, { event, id: undefined }, { code, message, wasTold: false });
    this.#reportLost(followUp, code);
    return true;
  }

  /** Parents and children speak to each other whoever made them. */
  #areRelated({ machine, record }: Subject, to: Bytes): boolean {
    const receiver = findSubject(this.#scope, to);
    if (receiver === undefined) return false;
    return machine.parent?.id === receiver.record.id || receiver.machine.parent?.id === record.id;
  }

  #follow(subject: Subject, step: FailedStep, expireAtMs: number | undefined): StepOutcome {
    const env = envOf(this.#scope, subject);
    const isSent = step.from === "send";
    const outcome = isSent
      ? stepEvent(subject, eventOf(expireAtMs === undefined ? step : { ...step, expireAtMs }), env)
      : stepRaised(subject, ownEventOf(step), env);
    if (outcome.kind === "refused") return outcome;
    const origin = originOf(step);
    const kind = step.from === "raise" || step.from === "child" ? step.from : "send";
    const receivedMs = this.#scope.nowMs;
    const applied = this.#attempt(() =>
      this.apply(subject, outcome, { kind, ...origin }, { ...origin, receivedMs, expireAtMs }),
    );
    return "code" in applied ? applied : outcome;
  }

  /** Carries out a step; why it cannot be, with all it did undone. */
  #attempt(run: () => Subject): Subject | Refusal {
    const { databases } = this.#scope;
    const savepoint = databases.transaction.savepoint();
    const queued = this.#queue.length;
    const released = this.#released.length;
    try {
      return run();
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      databases.rollback(savepoint);
      this.#queue.length = queued;
      this.#released.length = Math.min(this.#released.length, released);
      return { kind: "refused", code: error.code, message: error.text };
    }
  }

  /** Tells the sender of an event that was not taken, if it wants to know. */
  #reportLost(followUp: FollowUp, code: string): void {
    if (followUp.kind !== "send") return;
    const { sender, to, from, event, trace } = followUp;
    const lost = { to, from, event, trace, code };
    if (sender === undefined) this.#raiseLost(lost);
    else {
      const { db, nowMs } = this.#scope;
      post(db, { kind: "lost", atMs: nowMs, chain: this.#count, sender, ...lost });
    }
  }

  /** The machine that has sent an event gets to know that it was not taken; where another one is there now, nobody does. */
  #raiseLost({ to, from, event, trace, code, sender: id }: Lost): void {
    const sender = findSubject(this.#scope, from);
    if (sender?.chart === undefined || !isRunning(sender.machine)) return;
    if (id !== undefined && id !== sender.record.id) return;
    const { machine, snapshot } = sender.chart;
    if (!acceptedEvents(machine, snapshot).includes(COMMUNICATION_ERROR)) return;
    const data = EventData.ofValue({ to: textOfBytes(to), event, code: code ?? "" });
    this.#queue.push({ kind: "raise", to: from, from, event: COMMUNICATION_ERROR, data, trace });
  }

  /** Takes up what a step has set off; returns the machine as it is then. @throws ReplyError EXECFAIL */
  #takeUp(subject: Subject, { effects, isDone }: Next, trace: string | undefined): Subject {
    let current = subject;
    for (const [at, effect] of effects.entries()) {
      switch (effect.kind) {
        case "raise":
        case "send": {
          const from = subject.key;
          const to = effect.kind === "raise" ? from : this.#addressed(subject, effect.to);
          this.#queue.push({
            kind: effect.kind,
            event: effect.event,
            data: madeData(effect),
            trace,
            to,
            from,
            extras: effect.kind === "send" ? effect : undefined,
          });
          break;
        }
        case "spawn":
          // What the step itself has stopped again never starts.
          if (!isDone && !isStopped(effects.slice(at + 1), effect.child.id))
            current = this.#family.spawn(current, effect.child);
          break;
        case "stop":
          if (current.machine.childCount > 0) this.#stopLater(current, effect.id);
          break;
      }
    }
    if (isDone && current.machine.childCount > 0) this.#stopLater(current);
    return current;
  }

  /** Children are stopped behind what was sent to them: those under a name, or all. */
  #stopLater({ record: { id: parent } }: Subject, name?: string): void {
    const links = this.#family.running(parent, name);
    if (links.length > 0) this.#queue.push({ kind: "stop", parent, links });
  }

  /** The key that `to` of a `send` names; `#_parent` and `#_<child>` are machines next to this one. */
  #addressed({ key, machine }: Subject, to: string): Bytes {
    const relative = to.startsWith("#_") ? to.slice(2) : undefined;
    if (relative === undefined) return bytesOfText(to);
    const { db } = this.#scope;
    const found =
      relative === "parent"
        ? machine.parent && db.keyOf(machine.parent.id)
        : keyOfChild(key, { name: relative });
    return found ?? bytesOfText(to);
  }

  #move(subject: Subject, next: Next, cause: Cause): Subject {
    if (subject.chart?.machine.record === "changes" && changesNothing(next)) {
      // A timer that has fired is gone all the same.
      const isSpent = next.live?.timers.length !== subject.chart.snapshot.timers.length;
      return isSpent && next.live !== undefined ? writeSnapshot(this.#scope, subject, next.live) : subject;
    }
    const left = subject.machine.failedCount === 0 ? [] : this.#failedLeft(subject, next);
    const current = dropFailed(this.#scope, subject, left);
    const dropped = [...(cause.dropped ?? []), ...left];
    const whole = left.length === 0 ? cause : { ...cause, dropped };
    const written = writeMoved(this.#scope, current, next, whole);
    const moved = next.joins === undefined ? written : this.#settleJoins(current, written, next);
    const after = next.effects.length === 0 && !next.isDone ? moved : this.#takeUp(moved, next, cause.trace);
    const { parent, childCount } = after.machine;
    if (parent !== undefined) checkParent(this.#scope, parent.id);
    if (childCount > 0 && after !== moved) checkParent(this.#scope, after.record.id);
    return after;
  }

  #settleJoins(before: Subject, after: Subject, next: Next): Subject {
    this.#released.push(...keptBy(next.effects, "released"));
    return settleKept(this.#scope, before, after, next);
  }

  /** Tries each event once more whose join was left; what nothing takes is over. */
  #retryReleased(subject: Subject): Subject {
    let current = subject;
    for (let kept = this.#released.shift(); kept !== undefined; kept = this.#released.shift()) {
      if (hasEnded(current.machine)) forgetKept(this.#scope, current, [kept], TOO_LATE);
      else if (!isRunning(current.machine)) current = holdKept(this.#scope, current, kept);
      else current = this.#retry(current, kept);
    }
    return current;
  }

  #retry(before: Subject, kept: Kept): Subject {
    const event = waitingOf(kept);
    const env = envOf(this.#scope, before);
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
  #failedLeft(subject: Subject, { states, entered, isDone }: Next): readonly FailedEvent[] {
    if (isDone) return failedOf(this.#scope, subject);
    const active = new Set(["", ...states, ...outerNames(states)]);
    return failedOf(this.#scope, subject).filter(
      ({ state }) => state !== undefined && (!active.has(state) || entered.includes(state)),
    );
  }

  /** Hands the machine each deferred event it takes now, in the order of the inbox, until it takes none. */
  #recallDeferred(subject: Subject): Subject {
    const { inbox, current: fresh } = freshInbox(this.#scope, this.#retryReleased(subject));
    // Nearly always nothing waits.
    if (inbox.length === 0) return hasEnded(fresh.machine) ? dropWaiting(this.#scope, fresh) : fresh;
    const waiting = inbox.map((pending) => ({ ...eventOf(pending), pending }));
    const env = envOf(this.#scope, subject);
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
    return hasEnded(current.machine) ? dropWaiting(this.#scope, current) : current;
  }

  /** Takes an event out of the inbox and hands it to the machine, which then no longer has it, whatever comes of it. */
  #take(subject: Subject, pending: DeferredEvent): Subject {
    dropPending(this.#scope.db.transaction, subject.record.id, pending);
    const machine = { ...subject.machine, deferredCount: subject.machine.deferredCount - 1 };
    const before = writeRecord(this.#scope, subject, machine, undefined);
    const outcome = stepEvent(before, eventOf(pending), envOf(this.#scope, subject));
    const after = this.#taken(before, outcome, pending);
    settle(this.#scope, { before, after, pending }, outcome);
    return after;
  }

  #taken(before: Subject, outcome: StepOutcome, pending: Deferrable): Subject {
    if (outcome.kind !== "moved" && outcome.kind !== "refused") return before;
    const moved =
      outcome.kind === "moved"
        ? this.#attempt(() => this.#move(before, outcome, { kind: "event", ...originOf(pending) }))
        : outcome;
    if (!("code" in moved)) return moved;
    return isFailure(moved)
      ? this.#fail(before, { ...originOf(pending), from: "event" }, moved)
      : recordRefusal(this.#scope, before, pending, moved);
  }
}

/** An event on its way as the machine has it that gets it. */
function stepOf({ event, data, trace, from, kind, extras }: FollowUp): FailedStep {
  return { event, data, trace, id: extras?.eventId, by: textOfBytes(from), from: kind };
}

function isStopped(later: readonly Effect[], name: string): boolean {
  return later.some((effect) => effect.kind === "stop" && effect.id === name);
}

/** True for a step that leaves states, context and the world outside as they were. */
function changesNothing({ entered, changes, effects }: Next): boolean {
  return entered.length === 0 && changes.length === 0 && effects.length === 0;
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

/** Has parents look at children that a command has changed or removed without delivering an event. */
export function lookAtChildren(scope: Scope): void {
  if (scope.db.transaction.hasNotices) new Delivery(scope).runFollowUps();
}
