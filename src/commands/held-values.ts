/** Looking at keys that hold a hash, set, list or sorted set. */
import { type Bytes, bytesOf } from "../base/bytes.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import * as errors from "../protocol/errors.ts";
import { Held, type ValueType } from "../values/held.ts";
import type { Call } from "./handler.ts";
import { look } from "./values.ts";

/** What a key holds that is read; undefined when there is no such key. @throws ReplyError WRONGTYPE */
export function heldAt(call: Call, key: Buffer, type: ValueType): Held | undefined {
  const record = look(call, key);
  return record === undefined ? undefined : heldOf(call, bytesOf(key), type, record);
}

/** As `heldAt`, for a key that is about to be written: nothing is counted. */
export function heldForWrite(call: Call, key: Buffer, type: ValueType): Held | undefined {
  const bytes = bytesOf(key);
  const record = call.db.find(bytes);
  return record === undefined ? undefined : heldOf(call, bytes, type, record);
}

/** As `heldForWrite`; a value that is not there is created with its first part. */
export function heldOrNew(call: Call, key: Buffer, type: ValueType): Held {
  const bytes = bytesOf(key);
  const record = call.db.find(bytes);
  return record === undefined ? new Held(call.db, bytes, type, undefined) : heldOf(call, bytes, type, record);
}

function heldOf(call: Call, key: Bytes, type: ValueType, record: KeyRecord): Held {
  if (record.type !== type) throw errors.wrongType();
  return new Held(call.db, key, type, record);
}
