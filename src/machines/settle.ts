/** What becomes of an event: the reply to it, and the outcome that is kept where it has an id. */

import { logRefusal } from "./failures.ts";
import type { StepOutcome } from "./machine-step.ts";
import { logOf } from "./outbox.ts";
import { replyToJson, type SendReply } from "./outcome-reply.ts";
import { addedOutcome, findOutcome, type Outcome, replacedOutcome } from "./outcomes.ts";
import type { PendingEvent } from "./pending.ts";
import { activeNames } from "./record.ts";
import { plainSend, type SendOptions } from "./send-options.ts";
import type { Scope, Subject } from "./subject.ts";
import { closeTask } from "./tasks.ts";
import { recordedEffects, writeOutcome } from "./writing.ts";

export interface BeforeAfter {
  readonly before: Subject;
  readonly after: Subject;
}

/** What has become of an event; one that is to come later is scheduled. */
export type Settlement = StepOutcome | { readonly kind: "scheduled" };

/**
 * The reply to an event; kept with its outcome when the event has an id. `isNewId`: the machine had no outcome of that
 * id before the change.
 */
export function keep(
  scope: Scope,
  change: BeforeAfter,
  options: SendOptions,
  settlement: Settlement,
  isNewId = false,
): SendReply {
  const reply = replyTo(scope, change, options, settlement);
  const { id, event, data, by, outcomeTtlMs: ttlMs } = options;
  if (settlement.kind === "refused")
    logRefusal(scope, change.after, options, { ...settlement, wasTold: true });
  if (id !== undefined)
    storeOutcome(scope, change, { id, event, data, by, ttlMs, reply, isNewId }, settlement);
  return reply;
}

/** An event with an id and what was answered to it. */
interface Answered extends Pick<SendOptions, "event" | "data" | "by"> {
  readonly id: string;
  readonly ttlMs: number | undefined;
  readonly reply: SendReply;
  readonly isNewId: boolean;
}

function storeOutcome(scope: Scope, change: BeforeAfter, answered: Answered, settlement: Settlement): void {
  const { id, event, data, by, ttlMs, reply, isNewId } = answered;
  const { transaction } = scope.db;
  const { record, machine } = change.after;
  closeTask(scope.db, record.id, id);
  const { outcomeNext: sequence, outcomeFirst: first } = machine;
  // Field by field, as in all that every event passes: a spread beside new fields costs a microsecond or two.
  const told = outcomeOf(scope, change, settlement);
  const outcome: Outcome = {
    id,
    sequence,
    event,
    data,
    by,
    atMs: told.atMs,
    receivedMs: scope.nowMs,
    code: told.code,
    from: told.from,
    to: told.to,
    rev: told.rev,
    details: told.details,
    output: told.output,
    log: told.log,
    ttlMs,
    reply: replyToJson(reply),
  };
  // What the event has set off may have come back with an outcome of its id.
  const mayHaveSameId = !isNewId || change.before.machine.outcomeNext !== sequence;
  const place = { id: record.id, first, mayHaveSameId };
  const added = addedOutcome(transaction, place, outcome, {
    countMax: scope.server.config.get("sm-outcome-max"),
    ttlMs: scope.server.config.get("sm-outcome-ttl") * 1000,
  });
  writeOutcome(scope, change, added);
}

/** Keeps the outcome of an event that another machine has sent under an id. */
export function keepSent(
  scope: Scope,
  change: BeforeAfter,
  event: Pick<SendOptions, "event" | "data" | "by"> & { readonly id: string },
  settlement: Settlement,
): void {
  const reply = replyTo(scope, change, { ...plainSend(event.event), ...event }, settlement);
  const { id, event: name, data, by } = event;
  const answered = { id, event: name, data, by, ttlMs: undefined, reply, isNewId: false };
  storeOutcome(scope, change, answered, settlement);
}

function replyTo(
  { nowMs }: Scope,
  { before, after }: BeforeAfter,
  { id, isFull }: SendOptions,
  settlement: Settlement,
): SendReply {
  if (settlement.kind === "refused")
    return { kind: "error", message: `${settlement.code} ${settlement.message}` };
  const state = activeNames(after.machine);
  if (!isFull) return { kind: "states", states: state };
  const { rev } = after.machine;
  const changed = rev > before.machine.rev ? 1 : 0;
  const from = activeNames(before.machine);
  const code = codeOf(settlement);
  const { output = null, log = null } = saidBy(settlement);
  const full = {
    state,
    rev,
    changed,
    code,
    id: id ?? null,
    at: nowMs,
    from,
    to: state,
    output,
    log,
  } as const;
  return { kind: "full", full };
}

export interface Settled extends BeforeAfter {
  readonly pending: Pick<PendingEvent, "id">;
}

/** Brings the outcome of an event that had waited up to date; its first reply stays. */
export function settle(scope: Scope, change: Settled, outcome: StepOutcome): void {
  const { transaction } = scope.db;
  const { after, pending } = change;
  const known = pending.id === undefined ? undefined : findOutcome(transaction, after.record.id, pending.id);
  if (known === undefined) return;
  const { output = known.output, log = known.log, ...told } = outcomeOf(scope, change, outcome);
  writeOutcome(scope, change, replacedOutcome({ ...known, ...told, output, log }));
}

/** What an outcome tells of how an event was decided. */
function outcomeOf({ nowMs }: Scope, { before, after }: BeforeAfter, settlement: Settlement) {
  const { output, log } = saidBy(settlement);
  return {
    atMs: nowMs,
    code: codeOf(settlement),
    from: activeNames(before.machine),
    to: activeNames(after.machine),
    rev: after.machine.rev,
    details: settlement.kind === "refused" ? settlement.message : undefined,
    output,
    log,
  };
}

/** What an event has made of the machine's output, and what it has logged: texts of JSON. */
function saidBy(settlement: Settlement): Said {
  if (settlement.kind !== "moved") return NOTHING_SAID;
  const output = settlement.live?.output;
  const log = logOf({ effects: recordedEffects(settlement.effects) });
  return { output: output === undefined ? undefined : JSON.stringify(output), log };
}

type Said = Pick<Outcome, "output" | "log">;

const NOTHING_SAID: Said = { output: undefined, log: undefined };

/** What an outcome is called. */
export function codeOf(settlement: Settlement): string {
  switch (settlement.kind) {
    case "moved":
      return settlement.joins === "kept" ? "KEPT" : "OK";
    case "refused":
      return settlement.code;
    case "deferred":
      return "DEFERRED";
    case "ignored":
      return "IGNORED";
    case "scheduled":
      return "SCHEDULED";
  }
}
