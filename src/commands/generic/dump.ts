/** DUMP key: what a key holds, in a form that RESTORE takes; null when there is no such key. */
import { bytesOf } from "../../base/bytes.ts";
import { dumpCollection } from "../../dump/collection.ts";
import { dumpMachine } from "../../dump/machine.ts";
import { RDB_STRING, sealDump } from "../../dump/payload.ts";
import { rdbString } from "../../dump/rdb-writer.ts";
import { dumpStream } from "../../dump/stream.ts";
import { contentsOf } from "../../streams/contents.ts";
import { openStream } from "../../streams/streams.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { isModuleMode } from "../machine/map-machine.ts";
import { look } from "../values.ts";
import { collectionOf } from "./collections.ts";

export const dump = {
  name: "DUMP",
  run: (call) => {
    const key = argument(call.args, 1);
    const record = look(call, key);
    if (record === undefined) return null;
    if (record.type === "machine") return dumpMachine(call.db, record, isModuleMode(call));
    if (record.type === "stream") return dumpStream(contentsOf(openStream(call.db, bytesOf(key), record)));
    const collection = collectionOf(call, key, record);
    if (collection !== undefined) return dumpCollection(collection);
    return sealDump(RDB_STRING, rdbString(call.db.stringValue(record)));
  },
} as const satisfies Handler;
