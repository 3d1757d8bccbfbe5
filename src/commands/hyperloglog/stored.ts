/** HyperLogLogs under keys. */
import { bytesOf } from "../../base/bytes.ts";
import * as errors from "../../protocol/errors.ts";
import type { Call } from "../handler.ts";
import { changeString, stringToWrite } from "../string/write-string.ts";
import { stringAt } from "../values.ts";
import { CorruptedHyperLogLog, HyperLogLog, isHyperLogLog } from "./hyperloglog.ts";

/** The one under a key that is read; undefined when there is no such key. @throws ReplyError WRONGTYPE */
export function hyperLogLogAt(call: Call, key: Buffer): HyperLogLog | undefined {
  return opened(call, stringAt(call, key));
}

/** The one under a key that is about to be written, a new one where there is no such key. @throws ReplyError WRONGTYPE */
export function hyperLogLogToWrite(
  call: Call,
  key: Buffer,
): { readonly sketch: HyperLogLog; readonly isNew: boolean } {
  const record = stringToWrite(call, key);
  const sketch = opened(call, record === undefined ? undefined : call.db.stringValue(record));
  return { sketch: sketch ?? newSketch(call, undefined), isNew: sketch === undefined };
}

/** Stores it under its key, whose expiry stays; `event` undefined: it is the same but for the number it keeps. */
export function storeHyperLogLog(
  call: Call,
  key: Buffer,
  { bytes }: HyperLogLog,
  event: "pfadd" | undefined,
): void {
  const before = call.db.find(bytesOf(key));
  changeString(call, key, { before, value: Buffer.from(bytes), event, form: "appended" });
}

/** @throws ReplyError in the place of what tells that the runs of one do not add up */
export function checked<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof CorruptedHyperLogLog) throw errors.corruptedHyperLogLog();
    throw error;
  }
}

function opened(call: Call, value: Buffer | undefined): HyperLogLog | undefined {
  if (value === undefined) return undefined;
  if (!isHyperLogLog(value)) throw errors.notAHyperLogLog();
  return newSketch(call, value);
}

function newSketch(call: Call, value: Buffer | undefined): HyperLogLog {
  return new HyperLogLog(value, { sparseBytesMax: call.server.config.values["hll-sparse-max-bytes"] });
}
