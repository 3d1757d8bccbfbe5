/**
 * RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME s | FREQ n]: makes a key hold what DUMP has returned, here or
 * on a Redis server. A ttl of 0 is none; one that has passed leaves no key.
 */

import { type Bytes, bytesOf } from "../../base/bytes.ts";
import type { GivenUse } from "../../clients/key-uses.ts";
import { collectionReader, type DumpedCollection } from "../../dump/collection.ts";
import { type DumpedMachine, readDumpedMachine } from "../../dump/machine.ts";
import { openDump, RDB_MODULE, RDB_STRING } from "../../dump/payload.ts";
import { RdbFault, RdbReader } from "../../dump/rdb-reader.ts";
import { isDumpedStream, readDumpedStream } from "../../dump/stream.ts";
import { EXPIRY_TIME_MAX, type ExpiryTime, expiryTime } from "../../keyspace/expiry-time.ts";
import type { KeyRecord } from "../../keyspace/records.ts";
import { keepingOf } from "../../machines/keeping.ts";
import { createMachine } from "../../machines/machines.ts";
import { newMapMachine } from "../../machines/map-machine.ts";
import { armMachine } from "../../machines/object-storage.ts";
import { putMachinePart } from "../../machines/parts.ts";
import { decodeMachine } from "../../machines/record.ts";
import { fitsDefinition } from "../../machines/subject.ts";
import { verifyMachine } from "../../machines/verify.ts";
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { ReplyError } from "../../protocol/reply-error.ts";
import { restoreStream, type StreamContents } from "../../streams/contents.ts";
import { argument, integer, token } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { readMachine } from "../machine/machine-json.ts";
import { assertMayDeliver, assertMayRestore } from "./arriving-machine.ts";
import { restoreCollection } from "./collections.ts";

const FREQUENCY_MAX = 255n;

export const restore = {
  name: "RESTORE",
  run: (call) => {
    const { args, db, nowMs } = call;
    const { replaces, isAbsolute, use } = parseOptions(args);
    const key = bytesOf(argument(args, 1));
    if (!replaces && db.find(key) !== undefined) throw errors.busyKey();
    const ttl = integer(argument(args, 2));
    if (ttl < 0n) throw errors.invalidTtl();
    const value = readValue(openDump(argument(args, 3)));
    // Beyond 2^63 Redis' sum would be negative, so passed; here such times are as good as the last one.
    const dueMs = ttl + (isAbsolute ? 0n : BigInt(nowMs));
    const expireAtMs = ttl === 0n ? 0 : expiryTime(dueMs > EXPIRY_TIME_MAX ? EXPIRY_TIME_MAX : dueMs);
    if (expireAtMs !== 0 && expireAtMs <= nowMs) db.remove(key, "del");
    else {
      write(call, key, value, expireAtMs);
      call.use(key, use);
    }
    return OK;
  },
} as const satisfies Handler;

type DumpedValue =
  | { readonly kind: "string"; readonly bytes: Buffer }
  | { readonly kind: "stream"; readonly contents: StreamContents }
  | DumpedMachine
  | DumpedCollection;

function parseOptions(args: readonly Buffer[]) {
  let [replaces, isAbsolute] = [false, false];
  let given: "IDLETIME" | "FREQ" | undefined;
  let use: GivenUse = {};
  for (let i = 4; i < args.length; i += 1) {
    const word = token(args[i]);
    if (word === "REPLACE") replaces = true;
    else if (word === "ABSTTL") isAbsolute = true;
    else if ((word === "IDLETIME" || word === "FREQ") && i + 1 < args.length && (given ?? word) === word) {
      given = word;
      i += 1;
      use = readUse(word, integer(argument(args, i)));
    } else throw errors.syntaxError();
  }
  return { replaces, isAbsolute, use };
}

function readUse(option: "IDLETIME" | "FREQ", value: bigint): GivenUse {
  if (option === "IDLETIME") {
    if (value < 0n) throw errors.invalidIdleTime();
    return { idleSeconds: Number(value) };
  }
  if (value < 0n || value > FREQUENCY_MAX) throw errors.invalidFrequency();
  return { frequency: Number(value) };
}

function readValue(dumped: Buffer): DumpedValue {
  const reader = new RdbReader(dumped);
  try {
    const type = reader.byte();
    if (type === RDB_STRING) return { kind: "string", bytes: reader.string() };
    if (type === RDB_MODULE) return readDumpedMachine(reader);
    if (isDumpedStream(type)) return { kind: "stream", contents: readDumpedStream(reader, type) };
    const readCollection = collectionReader(type);
    if (readCollection !== undefined) return readCollection(reader);
    throw new RdbFault("a type that is not known");
  } catch (error) {
    if (error instanceof RdbFault) throw errors.badDumpFormat();
    throw error;
  }
}

function write(call: Call, key: Bytes, value: DumpedValue, expireAtMs: ExpiryTime): void {
  const { db } = call;
  if (value.kind === "string") {
    db.remove(key, undefined);
    db.put(key, { type: "string", payload: value.bytes, expireAtMs }, "restore");
    return;
  }
  if (value.kind === "stream") {
    db.remove(key, undefined);
    restoreStream(db, key, value.contents, expireAtMs);
    return;
  }
  if (value.kind !== "whole" && value.kind !== "document") {
    db.remove(key, undefined);
    restoreCollection(call, key, value, expireAtMs);
    return;
  }
  if (value.kind === "whole") assertMayRestore(call, value.machine);
  const { machine, history } =
    value.kind === "whole" ? { machine: value.machine, history: undefined } : machineOf(call, value.json);
  const keeping = keepingOf(call.server.config);
  const record = createMachine(db, key, { machine, expireAtMs, history, keeping, event: "restore" });
  if (value.kind === "whole") {
    for (const part of value.parts) putMachinePart(db.transaction, record.id, part);
    armMachine(db.transaction, db.phys, record.id, machine);
    checkSound(call, record);
    assertMayDeliver(call, key, record, key);
  }
}

/** @throws ReplyError when the machine's definition is not there, does not fit it, or its parts contradict it */
function checkSound(call: Call, record: KeyRecord): void {
  const isSound =
    fitsDefinition(call, record) && verifyMachine(call.db, record.id, decodeMachine(record)).length === 0;
  if (!isSound) throw errors.badDumpFormat();
}

/** The machine of a document of the module, which begins its history here. */
function machineOf(call: Call, json: string) {
  try {
    const { map, initial, current, reason } = readMachine(json, true);
    return newMapMachine(call.nowMs, { map, initial, current, reason, kind: "set" });
  } catch (error) {
    if (error instanceof ReplyError) throw errors.badDumpFormat();
    throw error;
  }
}
