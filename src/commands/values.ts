/** Looking at a key with a type in mind. */
import { bytesOf } from "../base/bytes.ts";
import { FLAG, hasFlag } from "../catalogue/command.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import * as errors from "../protocol/errors.ts";
import type { Call } from "./handler.ts";

/** The record of a key that is read, counted as a hit or a miss. */
export function look(call: Call, key: Buffer): KeyRecord | undefined {
  return call.look(key, false);
}

/** As `look`, without a keyspace event for a miss. */
export function lookSilently(call: Call, key: Buffer): KeyRecord | undefined {
  return call.look(key, true);
}

/** The record of a key, counted if the command is one that reads. */
export function lookFor(call: Call, key: Buffer): KeyRecord | undefined {
  return hasFlag(call.command, FLAG.WRITE) ? call.db.find(bytesOf(key)) : look(call, key);
}

/** The record of a string key, undefined when there is no such key. @throws ReplyError WRONGTYPE */
export function stringRecordAt(call: Call, key: Buffer): KeyRecord | undefined {
  const record = look(call, key);
  if (record !== undefined && record.type !== "string" && record.type !== "longString")
    throw errors.wrongType();
  return record;
}

/** The bytes of a string key, undefined when there is no such key. @throws ReplyError WRONGTYPE */
export function stringAt(call: Call, key: Buffer): Buffer | undefined {
  const record = stringRecordAt(call, key);
  return record === undefined ? undefined : call.db.stringValue(record);
}
