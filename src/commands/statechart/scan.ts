/**
 * SM.SCAN cursor [DEF name[:version]] [STATE s] [STATUS s] [OLDER ms] [MATCH glob] [WHERE expr] [WITHINFO] [COUNT n]
 * [SLOT n]: machines, page by page. A machine that fits from the first call to the last is returned; one that changes meanwhile
 * may be returned or not, or twice. The cursor is opaque: 0 begins, 0 ends.
 */
import { type Bytes, bufferOf, bytesOf, textOfBytes } from "../../base/bytes.ts";
import { globMatcher } from "../../base/glob.ts";
import { isJsonObject } from "../../base/json.ts";
import { READ } from "../../clients/users/check.ts";
import {
  machinesBesideStatus,
  machinesByDefinition,
  machinesInState,
  type WalkEntry,
} from "../../machines/indexes.ts";
import { decodeMachine, type MachineRecord, type MachineStatus } from "../../machines/record.ts";
import { type Scope, subjectOf } from "../../machines/subject.ts";
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import { argument, safeInteger } from "../arguments.ts";
import { readSlot } from "../cluster/slot-option.ts";
import type { Call, Handler } from "../handler.ts";
import { FLAG, readOptions, VALUE } from "../options.ts";
import { mayAccess } from "../rights.ts";
import { END, readCount, readCursor } from "./cursors.ts";
import { infoOf } from "./info.ts";
import { checkedFilter, FILTER_FORMS, type MachineFilter, readMachineFilter } from "./machine-filter.ts";
import { cursorAt, mergedWalk, type Placed } from "./merged-walk.ts";
import { readWhere, type Seen, type Where } from "./where.ts";

interface Filter extends MachineFilter {
  readonly olderMs?: number;
  readonly match?: Buffer;
  readonly where?: Where | undefined;
  readonly withInfo: boolean;
  readonly count: number;
  readonly slot: number | undefined;
}

/** Few machines have these, in few states: looked for there, they are found soon among any number of others. */
const RARE: ReadonlySet<MachineStatus> = new Set(["failed", "suspended", "stopped"]);

export const smScan = {
  name: "SM.SCAN",
  run: (call) => {
    const { args, nowMs } = call;
    const word = argument(args, 1);
    readCursor(word);
    const filter = checkedFilter(call, readFilter(args, nowMs));
    const { definition, state, status } = filter;
    const enteredUntilMs = filter.olderMs === undefined ? undefined : nowMs - filter.olderMs;
    const walkOf = ({ db }: Scope, cursor: Bytes | undefined) => {
      const from = { db, name: definition?.name, version: definition?.version, cursor };
      if (state !== undefined) return machinesInState({ ...from, state, enteredUntilMs });
      return status !== undefined && RARE.has(status)
        ? machinesBesideStatus({ ...from, status })
        : machinesByDefinition(from);
    };
    const walk = mergedWalk(call, word, walkOf, filter.slot);
    return page(call, filter, walk);
  },
} as const satisfies Handler;

function page(call: Call, filter: Filter, walk: Iterable<Placed<WalkEntry>>): Reply {
  const { nowMs } = call;
  const matches = filter.match === undefined ? undefined : globMatcher(bytesOf(filter.match));
  const { where } = filter;
  const shown: Reply[] = [];
  let visited = 0;
  for (const found of walk) {
    const { scope, entry } = found;
    const { db } = scope;
    // One that was looked at by an expression that has spent the budget is not to be looked at again and again.
    if (visited === filter.count || (where?.isSpent === true && visited > 0)) return [cursorAt(found), shown];
    visited += 1;
    const key = db.keyOf(entry.id);
    const record = key === undefined ? undefined : db.find(key);
    if (key === undefined || record?.type !== "machine") continue;
    if (matches !== undefined && !matches(key)) continue;
    if (!mayAccess(call, key, READ)) continue;
    const machine = decodeMachine(record);
    if (entry.foundIn !== undefined && entry.foundIn !== machine.states[0]?.[0]) continue;
    if (!fits(machine, filter, nowMs) || where?.holds(seen(key, machine)) === false) continue;
    shown.push(
      filter.withInfo ? [bufferOf(key), infoOf(scope, subjectOf(scope, key, record))] : bufferOf(key),
    );
  }
  return [END, shown];
}

/** What an expression sees of a machine. */
function seen(key: Bytes, machine: MachineRecord): Seen {
  const { snapshot, states, outer, status, rev, createdMs: created, updatedMs: updated } = machine;
  const context = isJsonObject(snapshot) ? snapshot["x"] : undefined;
  return {
    key: textOfBytes(key),
    context: context !== undefined && isJsonObject(context) ? context : {},
    states: [...outer, ...states].map(([state]) => state),
    fields: { status, rev, created, updated },
  };
}

const SEEN_FIELDS = ["status", "rev", "created", "updated"];

function fits(machine: MachineRecord, { state, status, olderMs }: Filter, nowMs: number): boolean {
  if (status !== undefined && machine.status !== status) return false;
  if (olderMs === undefined) return true;
  const states =
    state === undefined
      ? machine.states
      : [...machine.states, ...machine.outer].filter(([name]) => name === state);
  return states.every(([, sinceMs]) => sinceMs <= nowMs - olderMs);
}

const FORMS = {
  ...FILTER_FORMS,
  OLDER: VALUE,
  MATCH: VALUE,
  WHERE: VALUE,
  WITHINFO: FLAG,
  COUNT: VALUE,
  SLOT: VALUE,
} as const;

function readFilter(args: readonly Buffer[], nowMs: number): Filter {
  const given = readOptions(args, 2, FORMS);
  const [older, match, count] = [given.value("OLDER"), given.value("MATCH"), given.value("COUNT")];
  return {
    ...readMachineFilter(given),
    ...(older === undefined ? {} : { olderMs: notNegative(safeInteger(older)) }),
    ...(match === undefined ? {} : { match }),
    where: readWhere(given.value("WHERE"), { fields: SEEN_FIELDS, nowMs }),
    withInfo: given.has("WITHINFO"),
    count: readCount(count),
    slot: readSlot(given.value("SLOT")),
  };
}

function notNegative(value: number): number {
  if (value < 0) throw errors.err("OLDER must not be negative");
  return value;
}
