/** The first reply to an event, in a form that can be stored with its outcome and sent again byte for byte. */

import { assert } from "../base/assert.ts";
import { isJsonObject, type Json } from "../base/json.ts";
import { map, type Reply, simple } from "../protocol/reply.ts";
import type { Refusal } from "./machine-step.ts";
import { findOutcome, isExpired, type Outcome } from "./outcomes.ts";
import type { Scope, Subject } from "./subject.ts";

/** The outcome of an event that has not been kept longer than `sm-outcome-ttl` says. */
export function keptOutcome(scope: Scope, id: number, eventId: string): Outcome | undefined {
  const outcome = findOutcome(scope.db.transaction, id, eventId);
  return outcome === undefined || isPast(scope, outcome) ? undefined : outcome;
}

/** The outcome of an event that is stored, past its time or not. A machine that keeps none is not looked at. */
export function storedOutcome({ db }: Scope, subject: Subject, eventId: string): Outcome | undefined {
  const { outcomeFirst, outcomeNext } = subject.machine;
  return outcomeFirst === outcomeNext ? undefined : findOutcome(db.transaction, subject.record.id, eventId);
}

/** Whether an outcome has been kept longer than `sm-outcome-ttl`, or the event itself, said. */
export function isPast({ nowMs, server }: Scope, outcome: Outcome): boolean {
  return isExpired(outcome, nowMs, server.config.get("sm-outcome-ttl") * 1000);
}

export interface FullReply {
  readonly state: readonly string[];
  readonly rev: number;
  readonly changed: 0 | 1;
  readonly code: string;
  readonly id: string | null;
  readonly at: number;
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Texts of JSON. */
  readonly output: string | null;
  readonly log: string | null;
}

export type SendReply =
  | { readonly kind: "states"; readonly states: readonly string[] }
  | { readonly kind: "full"; readonly full: FullReply }
  | { readonly kind: "error"; readonly message: string };

/** Why an event was refused, of the reply that says so. */
export function refusalOf(reply: SendReply | undefined): Refusal | undefined {
  if (reply?.kind !== "error") return undefined;
  const [code = ""] = reply.message.split(" ", 1);
  return { kind: "refused", code, message: reply.message.slice(code.length + 1) };
}

/** The reply a client sees. */
export function replyOf(reply: SendReply): Reply {
  switch (reply.kind) {
    case "states":
      return reply.states.map(simple);
    case "error":
      return reply;
    case "full": {
      const { state, rev, changed, code, id, at, from, to, output, log } = reply.full;
      const lists = { state: state.map(simple), from: from.map(simple), to: to.map(simple) };
      return map([
        ["state", lists.state],
        ["rev", rev],
        ["changed", changed],
        ["code", code],
        ["id", id],
        ["at", at],
        ["from", lists.from],
        ["to", lists.to],
        ["output", output],
        ["log", log],
      ]);
    }
  }
}

export function replyToJson(reply: SendReply): Json {
  switch (reply.kind) {
    case "states":
      return { kind: "states", states: reply.states };
    case "error":
      return { kind: "error", message: reply.message };
    case "full": {
      const { state, rev, changed, code, id, at, from, to, output, log } = reply.full;
      return { kind: "full", full: { state, rev, changed, code, id, at, from, to, output, log } };
    }
  }
}

export function replyFromJson(json: Json): SendReply {
  assert(isJsonObject(json) && typeof json["kind"] === "string", "a stored reply");
  // Written by replyToJson.
  const reply = json as unknown as SendReply;
  // Earlier versions knew less of it.
  return reply.kind === "full" ? { kind: "full", full: { ...FORMER, ...reply.full } } : reply;
}

const FORMER = { code: "OK", output: null, log: null } as const;
