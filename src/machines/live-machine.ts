/** Machines as live objects: what follows from their changes, and how a restart redoes them (live-objects.ts). */

import type { Bytes } from "../base/bytes.ts";
import { databasePrefix, recordKey } from "../keyspace/layouts.ts";
import type { LiveKind } from "../keyspace/live-kind.ts";
import type { LiveObjects, Redo } from "../keyspace/live-objects.ts";
import { asBytes, decodeRecord, type KeyRecord, LazyRecord } from "../keyspace/records.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { appendAnew } from "../streams/live-stream.ts";
import { decodeStep, type Redone, redone, redoneFrom } from "./change-record.ts";
import { historyWrites } from "./history.ts";
import { atMsOfEntry, decodeEntry } from "./history-codec.ts";
import { counterChanges, stateKeys } from "./index-keys.ts";
import { OutcomeGiving } from "./live-outcomes.ts";
import { changeEntries } from "./outbox.ts";
import {
  type DecodedMachine,
  decodedMachine,
  decodeMachine,
  encodeMachine,
  type MachineRecord,
  readMachine,
} from "./record.ts";
import { changeStream } from "./stream-names.ts";

export const LIVE_MACHINE: LiveKind = {
  space: "h",
  givenSpaces: "eq",
  derivesRecord: false,
  deriveEvery: 0,
  // Machines that are drawn from many are decoded anew at the checkpoint: kept until then, what was decoded is two thirds of the memory
  // of a change, and the garbage collector would move it twice and mark it.
  baseOf: asBytes,
  indexKeys: (phys, record) => stateKeys(phys, record.id, machineOf(record)),
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

/** As `decodeMachine`, for who asks once: nothing is remembered. */
function machineOf(record: KeyRecord): MachineRecord {
  return (record.decoded as DecodedMachine | undefined)?.machine ?? readMachine(record);
}

function encodeDecoded(decoded: unknown): Buffer {
  // Given by liveRecord.
  return encodeMachine((decoded as DecodedMachine).machine);
}

/** How a restart redoes changes of machines. */
export const MACHINE_REDO: Redo = (bytes) => new RedoneChange(decodeStep(bytes));

class RedoneChange {
  readonly #step: Redone;
  readonly #at: Bytes;
  /** The record of the change stream that has entries of the change. */
  readonly #stream: Bytes | undefined;
  /** Counters are stored as they were at the mark of the last checkpoint: every change since then counts. */
  readonly #counts: ReturnType<typeof counterChanges>;

  constructor(step: Redone) {
    const { phys, definition, moved } = step;
    this.#step = step;
    this.#at = recordOf(step);
    this.#stream = streamOf(step);
    this.#counts = moved === undefined ? [] : counterChanges(phys, definition, moved.before, moved.after);
  }

  reads(): readonly Bytes[] {
    const keys = [this.#at, ...this.#counts.map(([key]) => key)];
    return this.#stream === undefined ? keys : [this.#stream, ...keys];
  }

  /** `reader` reads what is stored, which may be of before or after the change. */
  redo(live: LiveObjects, reader: OrderedReader): void {
    const [step, at] = [this.#step, this.#at];
    // All that is read comes first: a read that misses is made again with the whole record.
    const record = liveOrStored(live.record(at), reader, at);
    for (const [key] of this.#counts) live.counter(key);
    if (this.#stream !== undefined) appendChanges(live, reader, step, this.#stream);
    for (const [key, change] of this.#counts) live.count(key, change);
    // The object has gone, or another has its key: a write that follows in the journals says so.
    if (record?.type !== "machine" || record.id !== step.id) return;
    const machine = decodeMachine(record);
    const isNews = step.entry === undefined ? step.rev >= machine.rev : step.rev > machine.rev;
    const after = isNews ? liveRecord(record, { machine: redone(machine, step, atMsOf(step)) }) : record;
    const hasBase = step.moved !== undefined;
    const before = live.isBased(at) ? record : liveRecord(record, { machine: redoneFrom(machine, step) });
    const tail = step.entry === undefined ? [] : [step.entry];
    const given = step.outcome === undefined ? undefined : new OutcomeGiving(step.id, step.outcome);
    const place = { at, phys: step.phys };
    live.changeAnew({ kind: LIVE_MACHINE, place, before, after, tail, given }, hasBase);
  }
}

function atMsOf({ entry }: Redone): number | undefined {
  return entry === undefined ? undefined : atMsOfEntry(entry);
}

function recordOf({ phys, key }: Redone): Bytes {
  return recordKey(databasePrefix("k", phys), key);
}

function streamOf({ phys, tag, definition, entry, streamId }: Redone): Bytes | undefined {
  if (entry === undefined || streamId === undefined) return undefined;
  return recordKey(databasePrefix("k", phys), changeStream({ tag }, definition?.name));
}

function liveOrStored(live: KeyRecord | undefined, reader: OrderedReader, at: Bytes): KeyRecord | undefined {
  if (live !== undefined) return live;
  const stored = reader.get(at);
  return stored === undefined ? undefined : decodeRecord(stored);
}

/** The entries of the change stream that the change has left. */
function appendChanges(live: LiveObjects, reader: OrderedReader, step: Redone, at: Bytes): void {
  const { phys, key, definition, entry, streamId } = step;
  if (entry === undefined || streamId === undefined) return;
  const place = { at, phys };
  const record = liveOrStored(live.summary(at), reader, at);
  if (record?.type !== "stream") return;
  const told = changeEntries({ key, definition, history: decodeEntry(entry) });
  const append = appendAnew(record, place, streamId, told);
  if (append !== undefined) live.changeAnew(append, true);
}
