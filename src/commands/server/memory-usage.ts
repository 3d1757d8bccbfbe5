/** MEMORY USAGE key [SAMPLES count]: an estimate of the bytes a key takes, all in all; null when there is none. */
import { bytesOf } from "../../base/bytes.ts";
import type { KeyRecord } from "../../keyspace/records.ts";
import * as errors from "../../protocol/errors.ts";
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
    checkOptions(call.args);
    const key = argument(call.args, 2);
    const record = call.db.find(bytesOf(key));
    if (record === undefined) return null;
    if (record.type === "machine" && isModuleMode(call)) {
      return MODULE_MACHINE_BYTES + KEY_CLASS_BYTES * Math.ceil((key.length + 2) / KEY_CLASS_BYTES);
    }
    return KEY_OVERHEAD_BYTES + key.length + valueBytes(call, record);
  },
} as const satisfies Handler;

/** The whole value is looked at, so SAMPLES changes nothing. */
function checkOptions(args: readonly Buffer[]): void {
  for (let i = 3; i < args.length; i += 2) {
    if (token(args[i]) !== "SAMPLES" || i + 1 === args.length) throw errors.syntaxError();
    if (integer(argument(args, i + 1)) < 0n) throw errors.syntaxError();
  }
}

function valueBytes(call: Call, record: KeyRecord): number {
  return record.type === "longString" ? call.db.stringValue(record).length : record.payload.length;
}
