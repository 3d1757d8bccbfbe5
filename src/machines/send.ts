/**
 * Delivers an event to a machine. The checks come in this order: key type, definition, suspended,
 * duplicate id, done, SEQ fence, schedule, IFSTATE and IFREV, then the step. That the end of a machine comes after
 * the duplicate id is on purpose: the event that ended it gets its first reply again.
 */
import { tooLate } from "../engine/refusal.ts";
import * as errors from "../protocol/errors.ts";
import { ReplyError } from "../protocol/reply-error.ts";
import { Delivery } from "./delivery.ts";
import { eventOf, type Refusal, type StepOutcome, stepEvent } from "./machine-step.ts";
import { originOf } from "./origin.ts";
import { isPast, replyFromJson, type SendReply, storedOutcome } from "./outcome-reply.ts";
import { findOutcome, isOutcomeOf } from "./outcomes.ts";
import { addPending, pendingOf } from "./pending.ts";
import { activeNames, hasEnded, type MachineRecord } from "./record.ts";
import type { SendOptions } from "./send-options.ts";
import { keep } from "./settle.ts";
import { envOf, type Scope, type Subject, subjectAt } from "./subject.ts";
import { type Cause, writeRecord } from "./writing.ts";

/** The reply; undefined when IFSTATE or IFREV do not hold. */
export function send(scope: Scope, subject: Subject, given: SendOptions): SendReply | undefined {
  const options = given.makesId ? { ...given, id: freshId(scope, subject) } : given;
  if (subject.machine.status === "suspended") throw errors.suspended(subject.machine.reason);
  const { id } = options;
  const stored = id === undefined ? undefined : storedOutcome(scope, subject, id);
  if (stored !== undefined && !isPast(scope, stored)) {
    if (!isOutcomeOf(stored, options)) throw errors.duplicateId(stored.id);
    return replyFromJson(stored.reply);
  }
  const isNewId = stored === undefined;
  const refusal = fence(subject, options);
  if (refusal !== undefined)
    return keep(scope, { before: subject, after: subject }, options, refusal, isNewId);
  if (options.dueMs !== undefined) return schedule(scope, subject, options, options.dueMs);
  if (!conditionsHold(subject, options)) return undefined;
  const { outcome, after } = attempt(scope, subject, options);
  return keep(scope, { before: subject, after }, options, outcome, isNewId);
}

/** An id that no event of the machine has: the time and a number. */
function freshId({ db, nowMs }: Scope, { record, machine }: Subject): string {
  for (let number = machine.outcomeNext; ; number += 1) {
    const id = `${nowMs}-${number}`;
    if (findOutcome(db.transaction, record.id, id) === undefined) return id;
  }
}

/** DONE and STALE: refusals that need no look at the chart. */
function fence(subject: Subject, options: SendOptions): StepOutcome | undefined {
  const { machine } = subject;
  const done = refusalWhenDone(machine, options.event);
  if (done !== undefined) return done;
  const { source } = options;
  // A source may be called "constructor".
  const isKnown = source !== undefined && Object.hasOwn(machine.sources, source.name);
  const highest = isKnown ? machine.sources[source.name] : undefined;
  if (source === undefined || highest === undefined || BigInt(source.number) > BigInt(highest))
    return undefined;
  const { code, text: message } = errors.stale(source.name, source.number, highest);
  return { kind: "refused", code, message };
}

/** The refusal of any event by a machine that has come to its end. */
export function refusalWhenDone(machine: MachineRecord, event: string): Refusal | undefined {
  if (!hasEnded(machine)) return undefined;
  const message = tooLate(event, activeNames(machine), machine.status);
  return { kind: "refused", code: "DONE", message };
}

/** Whether IFSTATE and IFREV hold, those that were given. */
export function conditionsHold(
  subject: Subject,
  { ifState, ifRev }: { readonly ifState?: string | undefined; readonly ifRev?: number | undefined },
): boolean {
  if (ifRev !== undefined && subject.machine.rev !== ifRev) return false;
  return ifState === undefined || isIn(subject, ifState);
}

/** True when a state is active, itself or through a state below it. */
export function isIn(subject: Subject, state: string): boolean {
  return subject.machine.states.some(([name]) => name === state || name.startsWith(`${state}.`));
}

/** The codes of what undoes an event when all it did is known. */
const UNDONE: ReadonlySet<string> = new Set(["EXECFAIL", "INVARIANT"]);

/** What an event does to a machine, which is the same before SM.SEND keeps it and when SM.WHY takes it back. */
export interface Attempt {
  readonly outcome: StepOutcome;
  readonly after: Subject;
}

/** Steps a machine, with all that sets off; of a refusal nothing stays. @throws ReplyError for a limit that was met */
export function attempt(scope: Scope, subject: Subject, options: SendOptions): Attempt {
  const savepoint = scope.databases.transaction.savepoint();
  try {
    return step(scope, subject, options);
  } catch (error) {
    // What the event set off has failed: it is refused like one that fails itself, and its outcome is kept.
    if (!(error instanceof ReplyError) || !UNDONE.has(error.code)) throw error;
    scope.databases.rollback(savepoint);
    return { outcome: { kind: "refused", code: error.code, message: error.text }, after: subject };
  }
}

function step(scope: Scope, subject: Subject, options: SendOptions): Attempt {
  const { event, data, id, by, reason, stampMs, trace, expireAtMs } = options;
  const outcome = stepEvent(subject, eventOf(options), envOf(scope, subject));
  if (outcome.kind === "refused") return { outcome, after: subject };
  const delivery = new Delivery(scope);
  // Field by field, here and in what it calls: a spread beside new fields costs a microsecond each.
  const waiting = { event, data, id, by, reason, stampMs, trace, expireAtMs, receivedMs: scope.nowMs };
  const cause: Cause = { kind: "event", event, data, id, by, reason, stampMs, trace };
  const stepped = delivery.apply(subject, outcome, cause, waiting);
  const after = delivery.runFollowUps() ? (subjectAt(scope, subject.key) ?? subject) : stepped;
  return { outcome, after: fenceAt(scope, after, options) };
}

/** Remembers how far the source of an event has come. */
function fenceAt(scope: Scope, subject: Subject, { source }: SendOptions): Subject {
  if (source === undefined) return subject;
  const { machine } = subject;
  const max = scope.server.config.get("sm-sources-max");
  if (!Object.hasOwn(machine.sources, source.name) && Object.keys(machine.sources).length >= max) {
    throw errors.machineLimit("too many sources", max, "sm-sources-max");
  }
  const sources = { ...machine.sources, [source.name]: source.number };
  return writeRecord(scope, subject, { ...machine, sources }, undefined);
}

function schedule(scope: Scope, subject: Subject, options: SendOptions, dueMs: number): SendReply {
  const { transaction, phys } = scope.db;
  const { record, machine } = subject;
  const max = scope.server.config.get("sm-timers-max");
  const scheduled = pendingOf(transaction, record.id).filter(({ kind }) => kind === "scheduled").length;
  if (scheduled >= max)
    throw errors.machineLimit("the machine holds too many scheduled events", max, "sm-timers-max");
  const sequence = machine.pendingNext;
  const { expireAtMs, ifState, ifRev } = options;
  const pending = { ...originOf(options), sequence, expireAtMs, ifState, ifRev, dueMs };
  const place = { id: record.id, phys };
  addPending(transaction, place, { ...pending, kind: "scheduled", receivedMs: scope.nowMs });
  const waiting = writeRecord(scope, subject, { ...machine, pendingNext: sequence + 1 }, undefined);
  const after = fenceAt(scope, waiting, options);
  return keep(scope, { before: subject, after }, options, { kind: "scheduled" });
}
