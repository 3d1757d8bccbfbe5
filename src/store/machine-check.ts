/** The part of the self-check that looks at machines: their indexes, their counters, and what ids own. */
import type { Bytes } from "../base/bytes.ts";
import { chars, raw, readU32, readU64 } from "../base/bytes.ts";
import {
  definitionKey,
  dueKey,
  GARBAGE_OBJECT,
  garbageFields,
  garbageSpace,
  machineCounterKey,
  OBJECT_SPACES,
  prefixRange,
  stateKey,
  statePrefix,
} from "./layouts.ts";
import { decodeMachine } from "./machine-record.ts";
import { dueEntries } from "./machine-storage.ts";
import { NO_DEFINITION } from "./machines.ts";
import type { OrderedReader } from "./ordered-store.ts";
import { decodeNumber, decodeRecord, type KeyRecord } from "./records.ts";

/** What was found wrong, a sentence each. O(size of the store), in memory too. */
export function checkMachines(reader: OrderedReader): string[] {
  const expected: Expected = { entries: new Set(), counters: new Map(), ids: new Set() };
  for (const [key, value] of within(reader, "k")) {
    const record = decodeRecord(value);
    if (record.type === "machine") expect(reader, expected, readU32(key, 1), record);
    else if (record.type === "stream") expected.ids.add(record.id);
  }
  return [
    ...checkEntries(reader, expected.entries),
    ...checkCounters(reader, expected.counters),
    ...checkOwned(reader, expected.ids),
  ];
}

/** What the indexes must hold, derived anew from each record. */
interface Expected {
  readonly entries: Set<string>;
  readonly counters: Map<string, number>;
  readonly ids: Set<number>;
}

function expect(
  reader: OrderedReader,
  { entries, counters, ids }: Expected,
  phys: number,
  record: KeyRecord,
): void {
  const machine = decodeMachine(record);
  if (machine.status === "active") {
    for (const entry of dueEntries(reader, record.id, machine)) entries.add(chars(dueKey(entry)));
  }
  const definition = machine.definition ?? NO_DEFINITION;
  const count = (key: Bytes) => counters.set(chars(key), (counters.get(chars(key)) ?? 0) + 1);
  ids.add(record.id);
  entries.add(chars(definitionKey(phys, definition, record.id)));
  count(machineCounterKey(phys, definition, undefined, machine.status));
  for (const [state, sinceMs] of machine.states) {
    entries.add(chars(stateKey(statePrefix(phys, definition, state), sinceMs, record.id)));
    count(machineCounterKey(phys, definition, state, machine.status));
  }
}

function checkEntries(reader: OrderedReader, entries: Set<string>): string[] {
  const findings: string[] = [];
  for (const space of ["i", "y", "t"]) {
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
  const { from, to } = garbageSpace(GARBAGE_OBJECT);
  for (const [key] of reader.range(from, to)) ids.add(garbageFields(key).number);
  const findings: string[] = [];
  for (const space of OBJECT_SPACES) {
    for (const [key] of within(reader, space)) {
      if (!ids.has(readU64(key, 1))) findings.push(`the entry ${shown(key)} belongs to no object`);
    }
  }
  return findings;
}

function within(reader: OrderedReader, space: string) {
  const { from, to } = prefixRange(space);
  return reader.range(from, to);
}

function shown(key: Bytes): string {
  return JSON.stringify(chars(key));
}
