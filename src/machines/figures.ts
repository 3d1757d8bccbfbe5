/**
 * What monitoring asks of all machines: how many there are in which state, what falls due, what streams hold that waits
 * for somebody. From counters and the fronts of indexes: its cost grows with the definitions, states, streams and groups,
 * each bounded, whatever the number of machines.
 */
import { type Bytes, textOfBytes } from "../base/bytes.ts";
import type { Database } from "../keyspace/database.ts";
import type { Databases } from "../keyspace/databases.ts";
import { dueFields, duesAt } from "../keyspace/layouts.ts";
import { groupsOf } from "../streams/groups.ts";
import { lagOf } from "../streams/lag.ts";
import { openStream } from "../streams/streams.ts";
import { machineCounters } from "./indexes.ts";
import { overdueFigures } from "./overdue.ts";
import { type MachineStream, machineStreamOf, STREAM_PREFIXES } from "./stream-names.ts";

/** Series that are listed at most, of counters and of streams; what is beyond is counted in the sums alone. */
const COUNTERS_MAX = 10_000;
const STREAMS_MAX = 1_000;
/** Keys with the names of streams that are looked at, whatever they hold. */
const KEYS_MAX = 10_000;
/** Entries of the index of due times that are looked at. */
export const TIMERS_MAX = 10_000;
/** What has been due for longer than this is late: what is due at the moment has its turn first. */
const LATE_MS = 1_000;

/** Machines in a state of a definition; without a state, all of the definition's. */
export interface MachineCount {
  readonly database: number;
  /** `name:version`; empty for map machines. */
  readonly definition: string;
  readonly state: string | undefined;
  readonly isOuter: boolean;
  readonly status: string;
  readonly count: number;
}

export interface TimerFigures {
  /** Timers, scheduled events and deadlines of tasks that are armed; at most `TIMERS_MAX` are counted. */
  readonly pending: number;
  /** Those that have been due for a second and have not been done. */
  readonly late: number;
  /** For how long the first of them has been due. */
  readonly latenessMs: number;
}

export interface StreamFigures {
  readonly database: number;
  /** Of the partition that it is in. */
  readonly partition: number;
  readonly name: string;
  /** Undefined for a stream that is named like those of machines and is none. */
  readonly of: MachineStream | undefined;
  readonly length: number;
  readonly groups: ReadonlyArray<{
    readonly name: string;
    readonly consumers: number;
    readonly pending: number;
    /** Undefined when it is not known. */
    readonly lag: number | undefined;
  }>;
}

/** The counters of all databases, summed up over the partitions. */
export function machineCounts(everywhere: readonly Databases[]): MachineCount[] {
  const [only] = everywhere;
  if (everywhere.length === 1 && only !== undefined) return [...countsIn(only)];
  const sums = new Map<string, MachineCount>();
  for (const databases of everywhere) {
    for (const one of countsIn(databases)) {
      const { database, definition, state = null, isOuter, status } = one;
      const name = JSON.stringify([database, definition, state, isOuter, status]);
      const known = sums.get(name);
      if (known === undefined && sums.size >= COUNTERS_MAX) continue;
      sums.set(name, known === undefined ? one : { ...one, count: known.count + one.count });
    }
  }
  return [...sums.values()];
}

function* countsIn(databases: Databases): Generator<MachineCount> {
  let counted = 0;
  for (let index = 0; index < databases.count; index += 1) {
    for (const { definition, place, status, count } of machineCounters(databases.at(index))) {
      if (counted >= COUNTERS_MAX) return;
      if (count === 0) continue;
      counted += 1;
      yield {
        database: index,
        definition: definition.name === "" ? "" : `${definition.name}:${definition.version}`,
        state: place?.state,
        isOuter: place?.isOuter === true,
        status,
        count,
      };
    }
  }
}

/**
 * How many timers are armed, at most `TIMERS_MAX`.
 * @param from in the index of due times nothing stands before this place
 */
export function pendingTimers(databases: Databases, from: Bytes): number {
  return timersIn(databases, from, Number.MAX_SAFE_INTEGER - 1).count;
}

/** Timers that are late, and for how long the first of them has been due. */
export function lateTimers(databases: Databases, from: Bytes): Omit<TimerFigures, "pending"> {
  const { count, firstMs } = timersIn(databases, from, databases.nowMs - LATE_MS + 1);
  return { late: count, latenessMs: firstMs === undefined ? 0 : databases.nowMs - firstMs };
}

/** Timers that are due before a time, and when the first of them is. */
function timersIn(
  { transaction }: Databases,
  from: Bytes,
  untilMs: number,
): { readonly count: number; readonly firstMs: number | undefined } {
  let [looked, count] = [0, 0];
  let firstMs: number | undefined;
  for (const [key] of transaction.range(from, duesAt(Math.max(0, untilMs)))) {
    if (looked === TIMERS_MAX) break;
    looked += 1;
    const { dueMs, kind } = dueFields(key);
    // The end of an sla is no timer: nothing happens in the machine. A part of a migration is none either.
    if (kind === "l" || kind === "m") continue;
    count += 1;
    firstMs ??= dueMs;
  }
  return { count, firstMs };
}

export interface OverdueCount {
  readonly database: number;
  /** States of machines that have lasted longer than they should; 10,000 stands for more. */
  readonly count: number;
  /** By how much the first of them has. */
  readonly longestMs: number;
}

/** Databases without any are left out. */
export function overdueCounts(everywhere: readonly Databases[]): OverdueCount[] {
  const counts: OverdueCount[] = [];
  for (let database = 0; database < (everywhere[0]?.count ?? 0); database += 1) {
    let [count, longestMs] = [0, 0];
    for (const databases of everywhere) {
      const figures = overdueFigures(databases.at(database), databases.nowMs);
      count += figures.count;
      longestMs = Math.max(longestMs, figures.longestMs);
    }
    if (count > 0) counts.push({ database, count, longestMs });
  }
  return counts;
}

/** The streams that machines write: changes, tasks, what was given up and what was refused. */
export function streamFigures(everywhere: readonly Databases[]): StreamFigures[] {
  const figures: StreamFigures[] = [];
  let looked = 0;
  for (const databases of everywhere) {
    for (const [db, key] of streamKeys(databases)) {
      if (figures.length === STREAMS_MAX || looked === KEYS_MAX) return figures;
      looked += 1;
      const found = figuresOf(db, key);
      if (found !== undefined) figures.push(found);
    }
  }
  return figures;
}

function* streamKeys(databases: Databases): Generator<readonly [Database, Bytes]> {
  for (let index = 0; index < databases.count; index += 1) {
    const db = databases.at(index);
    if (db.size === 0) continue;
    for (const prefix of STREAM_PREFIXES) for (const key of db.keysBeginningWith(prefix)) yield [db, key];
  }
}

function figuresOf(db: Database, key: Bytes): StreamFigures | undefined {
  const record = db.find(key);
  if (record?.type !== "stream") return undefined;
  const stream = openStream(db, key, record);
  const groups = groupsOf(stream).map((group) => {
    const lag = lagOf(stream.header, group);
    return {
      name: group.name.toString("utf8"),
      consumers: group.consumerCount,
      pending: group.pendingCount,
      lag: lag === undefined ? undefined : Number(lag),
    };
  });
  return {
    database: db.index,
    partition: db.place.number,
    name: textOfBytes(key),
    of: machineStreamOf(db.place, key),
    length: stream.header.length,
    groups,
  };
}
