/**
 * SM.SCAN cursor [DEF name[:version]] [STATE s] [STATUS s] [OLDER ms] [MATCH glob] [COUNT n]: machines, page by
 * page. A machine that fits from the first call to the last is returned; one that changes meanwhile may be returned
 * or not, or twice. The cursor is opaque: 0 begins, 0 ends.
 */
import { bufferOf, bytesOf } from "../../base/bytes.ts";
import { globMatcher } from "../../base/glob.ts";
import { READ } from "../../clients/users/check.ts";
import { machinesByDefinition, machinesInState, type Walk } from "../../machines/indexes.ts";
import { decodeMachine, type MachineRecord } from "../../machines/record.ts";
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import { argument, safeInteger } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { readOptions, VALUE } from "../options.ts";
import { mayAccess } from "../rights.ts";
import { END, readCount, readCursor, writeCursor } from "./cursors.ts";
import { checkedFilter, FILTER_FORMS, type MachineFilter, readMachineFilter } from "./machine-filter.ts";

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
    const filter = checkedFilter(call, readFilter(args));
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
    if (!mayAccess(call, key, READ)) continue;
    if (fits(decodeMachine(record), filter, nowMs)) keys.push(bufferOf(key));
  }
  return [END, keys];
}

function fits(machine: MachineRecord, { state, status, olderMs }: Filter, nowMs: number): boolean {
  if (status !== undefined && machine.status !== status) return false;
  if (olderMs === undefined) return true;
  const states =
    state === undefined
      ? machine.states
      : [...machine.states, ...machine.outer].filter(([name]) => name === state);
  return states.every(([, sinceMs]) => sinceMs <= nowMs - olderMs);
}

const FORMS = { ...FILTER_FORMS, OLDER: VALUE, MATCH: VALUE, COUNT: VALUE } as const;

function readFilter(args: readonly Buffer[]): Filter {
  const given = readOptions(args, 2, FORMS);
  const [older, match, count] = [given.value("OLDER"), given.value("MATCH"), given.value("COUNT")];
  return {
    ...readMachineFilter(given),
    ...(older === undefined ? {} : { olderMs: notNegative(safeInteger(older)) }),
    ...(match === undefined ? {} : { match }),
    count: readCount(count),
  };
}

function notNegative(value: number): number {
  if (value < 0) throw errors.err("OLDER must not be negative");
  return value;
}
