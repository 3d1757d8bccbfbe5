/** The part of the self-check that looks at machines: their indexes, their counters, and what ids own. */
import type { Bytes } from "../base/bytes.ts";
import { chars, raw, readU32, readU64 } from "../base/bytes.ts";
import { GARBAGE_DATABASE } from "../keyspace/databases.ts";
import {
  definitionKey,
  definitionRecordKey,
  dueKey,
  GARBAGE_MIGRATION,
  GARBAGE_OBJECT,
  garbageFields,
  garbageSpace,
  migratedFields,
  migrationFields,
  OBJECT_SPACES,
  prefixRange,
} from "../keyspace/layouts.ts";
import { decodeNumber, decodeRecord } from "../keyspace/records.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { checkFamilies } from "./check-families.ts";
import { counterKeys, NO_DEFINITION, stateKeys } from "./index-keys.ts";
import { decode, dueEntryOf } from "./migration/stored.ts";
import { dueEntries } from "./object-storage.ts";
import { decodeMachine, isRunning, type MachineRecord } from "./record.ts";
import { slaKeys } from "./sla-index.ts";

/** What was found wrong, a sentence each. O(size of the store), in memory too. */
export function checkMachines(reader: OrderedReader): string[] {
  const expected: Expected = { entries: new Set(), counters: new Map(), ids: new Set() };
  const flushed = numbersIn(reader, GARBAGE_DATABASE);
  const undefinedMachines: string[] = [];
  for (const [key, value] of within(reader, "k")) {
    const record = decodeRecord(value);
    if (record.type !== "machine") {
      expected.ids.add(record.id);
      continue;
    }
    const phys = readU32(key, 1);
    const machine = decodeMachine(record);
    expect(expected, phys, record.id, machine);
    if (isRunning(machine)) {
      // What was due since the flush is gone from the index, and the rest goes with the machine.
      for (const entry of dueEntries(reader, record.id, machine)) {
        if (!flushed.has(phys) || reader.get(dueKey(entry)) !== undefined)
          expected.entries.add(chars(dueKey(entry)));
      }
    }
    for (const key of slaKeys(phys, record.id, machine))
      if (!flushed.has(phys) || reader.get(key) !== undefined) expected.entries.add(chars(key));
    const { definition } = machine;
    if (definition === undefined || reader.get(definitionRecordKey(phys, definition)) !== undefined) continue;
    undefinedMachines.push(`the machine ${shown(key)} has no definition`);
  }
  const jobs = expectJobs(reader, expected.entries, flushed);
  return [
    ...undefinedMachines,
    ...checkMigrated(reader, jobs),
    ...checkFamilies(reader, flushed),
    ...checkEntries(reader, expected.entries),
    ...checkCounters(reader, expected.counters),
    ...checkOwned(reader, expected.ids),
  ];
}

/** Migrations that are under way fall due; returns the numbers of all. */
function expectJobs(
  reader: OrderedReader,
  entries: Set<string>,
  flushed: ReadonlySet<number>,
): ReadonlySet<number> {
  const numbers = numbersIn(reader, GARBAGE_MIGRATION);
  const jobs = new Set(numbers);
  for (const [key, value] of within(reader, "w")) {
    const { phys, kind, number } = migrationFields(key);
    if (kind !== "j") continue;
    jobs.add(number);
    const job = decode(value);
    if (!("dueMs" in job) || job.dueMs === null) continue;
    const at = dueKey(dueEntryOf(job, job.dueMs));
    if (!flushed.has(phys) || reader.get(at) !== undefined) entries.add(chars(at));
  }
  return jobs;
}

/** What is kept of machines belongs to a migration that is there, or is being removed. */
function checkMigrated(reader: OrderedReader, jobs: ReadonlySet<number>): string[] {
  const findings: string[] = [];
  for (const [key] of within(reader, "b"))
    if (!jobs.has(migratedFields(key).job)) findings.push(`the entry ${shown(key)} belongs to no migration`);
  return findings;
}

/** What the indexes must hold, derived anew from each record. */
interface Expected {
  readonly entries: Set<string>;
  readonly counters: Map<string, number>;
  readonly ids: Set<number>;
}

function expect(
  { entries, counters, ids }: Expected,
  phys: number,
  id: number,
  machine: MachineRecord,
): void {
  ids.add(id);
  entries.add(chars(definitionKey(phys, machine.definition ?? NO_DEFINITION, id)));
  for (const key of stateKeys(phys, id, machine)) entries.add(chars(key));
  for (const key of counterKeys(phys, machine.definition, machine))
    counters.set(chars(key), (counters.get(chars(key)) ?? 0) + 1);
}

function checkEntries(reader: OrderedReader, entries: Set<string>): string[] {
  const findings: string[] = [];
  for (const space of ["i", "y", "t", "l"]) {
    for (const [key] of within(reader, space)) {
      if (!entries.delete(chars(key))) findings.push(`the index entry ${shown(key)} belongs to no machine`);
    }
  }
  for (const key of entries) findings.push(`the index entry ${shown(raw(key))} of a machine is missing`);
  return findings;
}

function checkCounters(reader: OrderedReader, counters: Map<string, number>): string[] {
  const findings: string[] = [];
  for (const [key, value] of within(reader, "n")) {
    const there = counters.get(chars(key)) ?? 0;
    counters.delete(chars(key));
    const counted = decodeNumber(value);
    if (counted !== there) findings.push(`the counter ${shown(key)} says ${counted}, there are ${there}`);
  }
  for (const key of counters.keys()) findings.push(`the counter ${shown(raw(key))} is missing`);
  return findings;
}

/** What stands under the id of an object must belong to one that is there, or is being removed. */
function checkOwned(reader: OrderedReader, ids: Set<number>): string[] {
  for (const id of numbersIn(reader, GARBAGE_OBJECT)) ids.add(id);
  const findings: string[] = [];
  for (const space of OBJECT_SPACES) {
    for (const [key] of within(reader, space)) {
      if (!ids.has(readU64(key, 1))) findings.push(`the entry ${shown(key)} belongs to no object`);
    }
  }
  return findings;
}

/** The numbers that a kind of garbage names. */
function numbersIn(reader: OrderedReader, kind: string): ReadonlySet<number> {
  const { from, to } = garbageSpace(kind);
  return new Set(Array.from(reader.range(from, to), ([key]) => garbageFields(key).number));
}

function within(reader: OrderedReader, space: string) {
  const { from, to } = prefixRange(space);
  return reader.range(from, to);
}

function shown(key: Bytes): string {
  return JSON.stringify(chars(key));
}
