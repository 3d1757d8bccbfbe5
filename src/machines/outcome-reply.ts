/** The first reply to an event, in a form that can be stored with its outcome and sent again byte for byte. */

import { assert } from "../base/assert.ts";
import { isJsonObject, type Json } from "../base/json.ts";
import { map, type Reply, simple } from "../protocol/reply.ts";
import { findOutcome, type Outcome } from "./outcomes.ts";
import type { Scope } from "./subject.ts";

/** The outcome of an event that has not been kept longer than `sm-outcome-ttl` says. */
export function keptOutcome({ db, nowMs, server }: Scope, id: number, eventId: string): Outcome | undefined {
  const outcome = findOutcome(db.transaction, id, eventId);
  const ttlMs = server.config.get("sm-outcome-ttl") * 1000;
  return outcome !== undefined && ttlMs > 0 && outcome.atMs < nowMs - ttlMs ? undefined : outcome;
}

export interface FullReply {
  readonly state: readonly string[];
  readonly rev: number;
  readonly changed: 0 | 1;
  readonly id: string | null;
  readonly at: number;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

export type SendReply =
  | { readonly kind: "states"; readonly states: readonly string[] }
  | { readonly kind: "full"; readonly full: FullReply }
  | { readonly kind: "error"; readonly message: string };

/** The reply a client sees. */
export function replyOf(reply: SendReply): Reply {
  switch (reply.kind) {
    case "states":
      return reply.states.map(simple);
    case "error":
      return reply;
    case "full": {
      const { state, rev, changed, id, at, from, to } = reply.full;
      const lists = { state: state.map(simple), from: from.map(simple), to: to.map(simple) };
      return map([
        ["state", lists.state],
        ["rev", rev],
        ["changed", changed],
        ["id", id],
        ["at", at],
        ["from", lists.from],
        ["to", lists.to],
      ]);
    }
  }
}

export function replyToJson(reply: SendReply): Json {
  return JSON.parse(JSON.stringify(reply)) as Json;
}

export function replyFromJson(json: Json): SendReply {
  assert(isJsonObject(json) && typeof json["kind"] === "string", "a stored reply");
  // Written by replyToJson.
  return json as unknown as SendReply;
}
