/** MEMORY USAGE key [SAMPLES count]: an estimate of the bytes a key takes, all in all; null when there is none. */
import { bytesOf } from "../../base/bytes.ts";
import type { KeyRecord } from "../../keyspace/records.ts";
import * as errors from "../../protocol/errors.ts";
import { streamBytes } from "../../streams/memory.ts";
import { openStream } from "../../streams/streams.ts";
import { isCollection } from "../../values/held.ts";
import { collectionBytes } from "../../values/memory.ts";
import { argument, integer, token } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { isModuleMode } from "../machine/map-machine.ts";

/** What a key costs beside itself and its value: the record's head, its place in the order, the nodes of the tree. */
const KEY_OVERHEAD_BYTES = 56;
/** The module says the same of every machine, but for the size classes of its keys. */
const MODULE_MACHINE_BYTES = 136;
const KEY_CLASS_BYTES = 16;

export const memoryUsage = {
  name: "MEMORY|USAGE",
  run: (call) => {
    const samples = samplesOf(call.args);
    const key = argument(call.args, 2);
    const record = call.db.find(bytesOf(key));
    if (record === undefined) return null;
    if (record.type === "machine" && isModuleMode(call)) {
      return MODULE_MACHINE_BYTES + KEY_CLASS_BYTES * Math.ceil((key.length + 2) / KEY_CLASS_BYTES);
    }
    const bytes = KEY_OVERHEAD_BYTES + key.length + valueBytes(call, record);
    if (isCollection(record)) return bytes + collectionBytes(call.db.transaction, record, samples);
    if (record.type !== "stream") return bytes;
    return bytes + streamBytes(openStream(call.db, bytesOf(key), record), samples);
  },
} as const satisfies Handler;

/** Chunks of a stream or parts of a collection that are looked at, 0: all; other values are looked at as a whole. */
function samplesOf(args: readonly Buffer[]): number {
  let samples = SAMPLES_DEFAULT;
  for (let i = 3; i < args.length; i += 2) {
    if (token(args[i]) !== "SAMPLES" || i + 1 === args.length) throw errors.syntaxError();
    samples = Number(integer(argument(args, i + 1)));
    if (samples < 0) throw errors.syntaxError();
  }
  return samples;
}

const SAMPLES_DEFAULT = 5;

function valueBytes(call: Call, record: KeyRecord): number {
  return record.type === "longString" ? call.db.stringValue(record).length : record.payload.length;
}
