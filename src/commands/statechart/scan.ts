/**
 * SM.SCAN cursor [DEF name[:version]] [STATE s] [STATUS s] [OLDER ms] [MATCH glob] [COUNT n]: machines, page by
 * page. A machine that fits from the first call to the last is returned; one that changes meanwhile may be returned
 * or not, or twice. The cursor is opaque: 0 begins, 0 ends.
 */
import { type Bytes, bufferOf, bytesOf } from "../../base/bytes.ts";
import { globMatcher } from "../../base/glob.ts";
import { machinesByDefinition, machinesInState, type Walk } from "../../machines/indexes.ts";
import { decodeMachine, type MachineRecord } from "../../machines/record.ts";
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import { argument, safeInteger, token } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { type MachineFilter, narrowed } from "./machine-filter.ts";

const COUNT_DEFAULT = 10;

interface Filter extends MachineFilter {
  readonly olderMs?: number;
  readonly match?: Buffer;
  readonly count: number;
}

export const smScan = {
  name: "SM.SCAN",
  run: (call) => {
    const { args, db, nowMs } = call;
    const cursor = readCursor(argument(args, 1));
    const filter = readFilter(args);
    const from = { db, name: filter.definition?.name, version: filter.definition?.version, cursor };
    const enteredUntilMs = filter.olderMs === undefined ? undefined : nowMs - filter.olderMs;
    const walk =
      filter.state === undefined
        ? machinesByDefinition(from)
        : machinesInState({ ...from, state: filter.state, enteredUntilMs });
    return page(call, filter, walk);
  },
} as const satisfies Handler;

function page(call: Call, filter: Filter, walk: Walk): Reply {
  const { db, nowMs } = call;
  const matches = filter.match === undefined ? undefined : globMatcher(bytesOf(filter.match));
  const keys: Buffer[] = [];
  let visited = 0;
  for (const { position, id } of walk) {
    if (visited === filter.count) return [writeCursor(position), keys];
    visited += 1;
    const key = db.keyOf(id);
    const record = key === undefined ? undefined : db.find(key);
    if (key === undefined || record?.type !== "machine") continue;
    if (matches !== undefined && !matches(key)) continue;
    if (fits(decodeMachine(record), filter, nowMs)) keys.push(bufferOf(key));
  }
  return ["0", keys];
}

function fits(machine: MachineRecord, { state, status, olderMs }: Filter, nowMs: number): boolean {
  if (status !== undefined && machine.status !== status) return false;
  if (olderMs === undefined) return true;
  const states = state === undefined ? machine.states : machine.states.filter(([name]) => name === state);
  return states.every(([, sinceMs]) => sinceMs <= nowMs - olderMs);
}

function readFilter(args: readonly Buffer[]): Filter {
  let filter: Filter = { count: COUNT_DEFAULT };
  for (let position = 2; position < args.length; position += 2) {
    const option = token(args[position]);
    const value = argument(args, position + 1);
    const more = narrowed(filter, option, value);
    if (more !== undefined) filter = { ...filter, ...more };
    else if (option === "OLDER") filter = { ...filter, olderMs: notNegative(safeInteger(value)) };
    else if (option === "MATCH") filter = { ...filter, match: value };
    else if (option === "COUNT") filter = { ...filter, count: readCount(value) };
    else throw errors.syntaxError();
  }
  return filter;
}

function readCount(value: Buffer): number {
  const count = safeInteger(value);
  if (count < 1) throw errors.syntaxError();
  return count;
}

function notNegative(value: number): number {
  if (value < 0) throw errors.err("OLDER must not be negative");
  return value;
}

/** A position in an index as a word for clients. */
function writeCursor(position: Bytes): string {
  return bufferOf(position).toString("base64url");
}

function readCursor(bytes: Buffer): Bytes | undefined {
  const word = bytes.toString("latin1");
  if (word === "0") return undefined;
  if (!/^[A-Za-z0-9_-]{2,4096}$/.test(word)) throw errors.invalidCursor();
  return bytesOf(Buffer.from(word, "base64url"));
}
