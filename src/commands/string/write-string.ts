/** Writing string keys. */

import { type Bytes, bytesOf } from "../../base/bytes.ts";
import type { KeyEvent } from "../../keyspace/changes.ts";
import { INLINE_STRING_BYTES_MAX } from "../../keyspace/database.ts";
import type { ExpiryTime } from "../../keyspace/expiry-time.ts";
import type { KeyRecord, StringForm } from "../../keyspace/records.ts";
import * as errors from "../../protocol/errors.ts";
import { OK, type Reply } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import { positiveExpiry, type TimeForm } from "../expiry.ts";
import type { Call } from "../handler.ts";

/** Makes the key a string, whatever it was; `expireAtMs` 0: it does not expire. */
export function setString(call: Call, key: Bytes, value: Buffer, expireAtMs: ExpiryTime = 0): void {
  call.db.put(key, { type: "string", payload: value, expireAtMs }, "set");
  if (expireAtMs !== 0) call.db.tell(key, "expire");
}

/** Carries out `SETEX key seconds value` and its twin in milliseconds. @throws ReplyError for a time that is none */
export function setExpiring(call: Call, unit: TimeForm["unit"]): Reply {
  const context = { nowMs: call.nowMs, command: call.command.name };
  const expireAtMs = positiveExpiry(argument(call.args, 2), { unit, from: "now" }, context);
  setString(call, bytesOf(argument(call.args, 1)), argument(call.args, 3), expireAtMs);
  return OK;
}

/** Gives a string key, if it is there, another value and leaves its expiry as it is. */
export function changeString(
  call: Call,
  key: Buffer,
  change: {
    readonly before: KeyRecord | undefined;
    readonly value: Buffer;
    readonly event: KeyEvent | undefined;
    readonly form?: StringForm;
  },
): void {
  const { before, value, event, form } = change;
  // The record is the one that was found: a short string stays one.
  if (before?.type === "string" && before.form === form && value.length <= INLINE_STRING_BYTES_MAX) {
    call.db.update(bytesOf(key), before, value, event);
    return;
  }
  const expireAtMs = before?.expireAtMs ?? 0;
  call.db.put(bytesOf(key), { type: "string", payload: value, expireAtMs, form }, event);
}

/** The record of a string key that is about to be written: not counted as a hit or miss. @throws ReplyError WRONGTYPE */
export function stringToWrite(call: Call, key: Buffer): KeyRecord | undefined {
  const record = call.db.find(bytesOf(key));
  if (record !== undefined && record.type !== "string" && record.type !== "longString") {
    throw errors.wrongType();
  }
  return record;
}

/** @throws ReplyError when a string of this length is not allowed */
export function checkStringBytes(call: Call, length: number): void {
  if (length > call.server.config.get("proto-max-bulk-len")) throw errors.stringTooLong();
}
