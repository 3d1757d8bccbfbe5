/** What EXPIRE, PEXPIRE, EXPIREAT and PEXPIREAT do; they differ in how the time is given. */

import { bytesOf } from "../../base/bytes.ts";
import type { ExpiryTime } from "../../keyspace/expiry-time.ts";
import { isChild } from "../../machines/family-moves.ts";
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import { argument, token } from "../arguments.ts";
import { anyExpiry, type TimeForm } from "../expiry.ts";
import type { Call } from "../handler.ts";

/**
 * Sets the expiry of a key if the conditions of its options hold: 1 if it did. A time that has passed removes the
 * key. `command` is the lower-case name. @throws ReplyError for options that exclude each other, and bad times
 */
export function setExpiry(call: Call, form: TimeForm, command: string): Reply {
  const { args, db, nowMs } = call;
  const conditions = args.length === 3 ? UNCONDITIONAL : parseConditions(args);
  const expireAtMs = anyExpiry(argument(args, 2), form, { nowMs, command });
  const key = bytesOf(argument(args, 1));
  const record = db.find(key);
  if (record === undefined) return 0;
  if (isChild(record)) throw errors.livesWithParent();
  for (const condition of conditions) if (!holds(condition, record.expireAtMs, expireAtMs)) return 0;
  if (expireAtMs > nowMs) db.setExpiry(key, record, expireAtMs, "expire");
  else db.remove(key, "del");
  return 1;
}

type Condition = "NX" | "XX" | "GT" | "LT";

const UNCONDITIONAL: ReadonlySet<Condition> = new Set();

function parseConditions(args: readonly Buffer[]): ReadonlySet<Condition> {
  const conditions = new Set<Condition>();
  for (const arg of args.slice(3)) {
    const word = token(arg);
    if (word !== "NX" && word !== "XX" && word !== "GT" && word !== "LT") throw errors.unsupportedOption(arg);
    conditions.add(word);
  }
  if (conditions.has("NX") && conditions.size > 1) throw errors.expireNxWithOthers();
  if (conditions.has("GT") && conditions.has("LT")) throw errors.expireGtWithLt();
  return conditions;
}

/** `currentMs` 0: the key does not expire, which is later than any time. */
function holds(condition: Condition, currentMs: ExpiryTime, expireAtMs: ExpiryTime): boolean {
  switch (condition) {
    case "NX":
      return currentMs === 0;
    case "XX":
      return currentMs !== 0;
    case "GT":
      return currentMs !== 0 && expireAtMs > currentMs;
    case "LT":
      return currentMs === 0 || expireAtMs < currentMs;
  }
}
