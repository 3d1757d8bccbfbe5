/** DUMP key: what a key holds, in a form that RESTORE takes; null when there is no such key. Streams are refused. */
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { isModuleMode } from "../machine/map-machine.ts";
import { look } from "../values.ts";
import { RDB_STRING, sealDump } from "./dump-payload.ts";
import { dumpMachine } from "./dumped-machine.ts";
import { rdbString } from "./rdb-writer.ts";

export const dump = {
  name: "DUMP",
  run: (call) => {
    const record = look(call, argument(call.args, 1));
    if (record === undefined) return null;
    if (record.type === "machine") return dumpMachine(call.db, record, isModuleMode(call));
    if (record.type === "stream") throw errors.cannotDump();
    return sealDump(RDB_STRING, rdbString(call.db.stringValue(record)));
  },
} as const satisfies Handler;
