/** Machines as live objects: what follows from their changes, and how a restart redoes them (live-objects.ts). */

import { databasePrefix, recordKey } from "../keyspace/layouts.ts";
import type { LiveKind } from "../keyspace/live-kind.ts";
import type { LiveObjects } from "../keyspace/live-objects.ts";
import { decodeRecord, type KeyRecord, LazyRecord } from "../keyspace/records.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { appendAnew } from "../streams/live-stream.ts";
import { decodeStep, type Redone, redone } from "./change-record.ts";
import { historyWrites } from "./history.ts";
import { atMsOfEntry, decodeEntry } from "./history-codec.ts";
import { counterKeys, stateKeys } from "./index-keys.ts";
import { OutcomeGiving } from "./live-outcomes.ts";
import { changeEntries, changeStream } from "./outbox.ts";
import { type DecodedMachine, decodedMachine, decodeMachine, encodeMachine } from "./record.ts";

export const LIVE_MACHINE: LiveKind = {
  space: "h",
  givenSpaces: "eq",
  derivesRecord: false,
  deriveEvery: 0,
  indexKeys: (phys, record) => stateKeys(phys, record.id, decodeMachine(record)),
  derive: (below, { record, tail }) => {
    const entries = Array.from({ length: tail.length }, (_, index) => tail.at(index));
    const { entriesMax = 0 } = decodedMachine(record);
    const writes = historyWrites(below, record.id, entries, entriesMax);
    return { count: tail.length, record, writes: new Map(writes) };
  },
  isDerived: () => true,
  isLate: () => false,
};

/** The record of a machine whose bytes nobody needs yet. */
export function liveRecord(record: KeyRecord, decoded: DecodedMachine): KeyRecord {
  return new LazyRecord(record, decoded, encodeDecoded);
}

function encodeDecoded(decoded: unknown): Buffer {
  // Given by liveRecord.
  return encodeMachine((decoded as DecodedMachine).machine);
}

/** Redoes a change of a machine at a restart; `reader` reads what is stored, which may be of before or after the change. */
export function redoMachine(live: LiveObjects, reader: OrderedReader, bytes: Buffer): void {
  const step = decodeStep(bytes);
  const at = recordKey(databasePrefix("k", step.phys), step.key);
  countAnew(live, step);
  appendChanges(live, reader, step);
  const stored = reader.get(at);
  const record = live.record(at) ?? (stored === undefined ? undefined : decodeRecord(stored));
  // The object has gone, or another has its key: a write that follows in the journals says so.
  if (record?.type !== "machine" || record.id !== step.id) return;
  const machine = decodeMachine(record);
  const atMs = step.entry === undefined ? undefined : atMsOfEntry(step.entry);
  const isNews = step.entry === undefined ? step.rev >= machine.rev : step.rev > machine.rev;
  const after = isNews ? liveRecord(record, { machine: redone(machine, step, atMs) }) : record;
  const before = liveRecord(record, { machine: { ...machine, ...step.moved?.before } });
  const tail = step.entry === undefined ? [] : [step.entry];
  const hasBase = step.moved !== undefined;
  const given = step.outcome === undefined ? undefined : new OutcomeGiving(step.id, step.outcome);
  live.changeAnew(
    { kind: LIVE_MACHINE, place: { at, phys: step.phys }, before, after, tail, given },
    hasBase,
  );
}

/** The entries of the change stream that the change has left. */
function appendChanges(
  live: LiveObjects,
  reader: OrderedReader,
  { phys, key, definition, entry, streamId }: Redone,
): void {
  if (entry === undefined || streamId === undefined) return;
  const place = { at: recordKey(databasePrefix("k", phys), changeStream(definition)), phys };
  const stored = live.summary(place.at) === undefined ? reader.get(place.at) : undefined;
  const record = live.summary(place.at) ?? (stored === undefined ? undefined : decodeRecord(stored));
  if (record?.type !== "stream") return;
  const told = changeEntries({ key, definition, history: decodeEntry(entry) });
  const append = appendAnew(record, place, streamId, told);
  if (append !== undefined) live.changeAnew(append, true);
}

/** Counters are stored as they were at the mark of the last checkpoint: every change since then counts. */
function countAnew(live: LiveObjects, { phys, definition, moved }: Redone): void {
  if (moved === undefined) return;
  for (const key of counterKeys(phys, definition, moved.before)) live.count(key, -1);
  for (const key of counterKeys(phys, definition, moved.after)) live.count(key, 1);
}
