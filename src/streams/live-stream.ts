/**
 * Streams as live objects (live-objects.ts): entries that the server appends by itself with a change of something else,
 * whose redo record tells of them too. They are put into chunks a chunk's worth at a time and written at the checkpoint.
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import type { Database } from "../keyspace/database.ts";
import { isEntryPart, slotOfKey, streamSlotKey } from "../keyspace/layouts.ts";
import type {
  Derivation,
  LiveChange,
  LiveGeneration,
  LiveKind,
  LivePlace,
} from "../keyspace/live-objects.ts";
import { type KeyRecord, lazyRecord } from "../keyspace/records.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { slackOf } from "./append.ts";
import type { PackedEntry } from "./chunk.ts";
import { autoId, type EntryId, idAfter } from "./entry-id.ts";
import { decodeHeader, encodeHeader, type StreamHeader } from "./header.ts";
import { appendPacked, NODE_ENTRIES_MAX } from "./tail.ts";

/** What one who appends has to know of a stream. */
interface StreamEnd {
  readonly lastId: EntryId;
  readonly length: number;
}

export const LIVE_STREAM: LiveKind = {
  space: "s",
  derivesRecord: true,
  deriveEvery: 128,
  indexKeys: () => [],
  derive,
  isDerived: (key) => isEntryPart(key),
  isLate: (key) => slotOfKey(key) !== undefined,
  tailBytes: (item) => ENTRY_OVERHEAD_BYTES + (item as PackedEntry).packed.length,
};

/** What an entry takes in memory beside its bytes, which stand in a chunk besides. */
const ENTRY_OVERHEAD_BYTES = 250;

interface StreamDerivation extends Derivation {
  readonly header: StreamHeader;
  readonly writes: Map<Bytes, Buffer | null>;
}

function derive(
  below: OrderedReader,
  { base, tail }: LiveGeneration,
  known: Derivation | undefined,
): Derivation {
  // Only this function makes derivations of streams, and only this file and redo put entries into their tails.
  const before = known as StreamDerivation | undefined;
  const header = before === undefined ? decodeHeader(base.payload) : { ...before.header };
  const writes = before?.writes ?? new Map<Bytes, Buffer | null>();
  const fresh = tail.slice(before?.count ?? 0) as PackedEntry[];
  const slot = (number: number) => {
    const key = streamSlotKey(base.id, number);
    const value = writes.get(key) ?? below.get(key);
    assert(value !== undefined && value !== null, "a slot of the tail that is in use");
    return value;
  };
  const entries = fresh.filter(({ id }) => id > header.lastId);
  const appended = appendPacked({ id: base.id, header, slot, nodeEntriesMax: NODE_ENTRIES_MAX }, entries);
  for (const [key, value] of appended) writes.set(key, value);
  const record = lazyRecord(base, undefined, () => encodeHeader(header));
  const derivation: StreamDerivation = { count: tail.length, record, writes, header };
  return derivation;
}

/** Where entries can be appended that are not written before the checkpoint, and the id the first gets. */
export interface LateAppend {
  readonly key: Bytes;
  readonly record: KeyRecord;
  /** Those after it follow within its millisecond. */
  readonly firstId: EntryId;
}

/**
 * What it takes to append `count` entries to the stream at a key without writing them; undefined where they must be
 * written: there is no such stream yet, this transaction has written it, or it is to be trimmed to `lengthMax` entries (0: no limit).
 */
export function planAppend(
  db: Database,
  key: Bytes,
  { count, nowMs, lengthMax }: { readonly count: number; readonly nowMs: number; readonly lengthMax: number },
): LateAppend | undefined {
  const record = db.summary(key);
  if (record?.type !== "stream") return undefined;
  const { length, lastId } = endOf(record);
  if (lengthMax > 0 && length + count > lengthMax + slackOf(lengthMax)) return undefined;
  const firstId = autoId(nowMs, lastId);
  return firstId === undefined ? undefined : { key, record, firstId };
}

/** Appends what was planned. Whoever calls it has put the ids into a redo record. */
export function appendLate(db: Database, { key, record }: LateAppend, entries: readonly PackedEntry[]): void {
  const change = { kind: LIVE_STREAM, before: record, after: withEntries(record, entries), tail: entries };
  const isLive = db.change(key, change, undefined, "xadd");
  assert(isLive, "a stream that was not written since the append was planned");
}

/** An append that a restart has read in the journal; what the stream has already is passed over. */
export function appendAnew(record: KeyRecord, place: LivePlace, entries: readonly PackedEntry[]): LiveChange {
  const { lastId } = endOf(record);
  const fresh = entries.filter(({ id }) => id > lastId);
  return { kind: LIVE_STREAM, place, before: record, after: withEntries(record, fresh), tail: fresh };
}

/** Entries with the first id and those that follow it within its millisecond, as planAppend gave them. */
export function identified(packed: readonly Buffer[], first: EntryId): PackedEntry[] {
  const entries: PackedEntry[] = [];
  for (
    let id: EntryId | undefined = first;
    id !== undefined && entries.length < packed.length;
    id = idAfter(id)
  ) {
    const bytes = packed[entries.length];
    if (bytes !== undefined) entries.push({ id, packed: bytes });
  }
  return entries;
}

function withEntries(record: KeyRecord, entries: readonly PackedEntry[]): KeyRecord {
  const { lastId, length } = endOf(record);
  const end: StreamEnd = { lastId: entries.at(-1)?.id ?? lastId, length: length + entries.length };
  return lazyRecord(record, end, () => {
    throw new Error("assertion failed: the record of a live stream is derived from its tail");
  });
}

function endOf(record: KeyRecord): StreamEnd {
  // Only this function and withEntries set what a stream's record has been decoded to.
  const known = record.decoded as StreamEnd | undefined;
  if (known !== undefined) return known;
  const { lastId, length } = decodeHeader(record.payload);
  record.decoded = { lastId, length } satisfies StreamEnd;
  return { lastId, length };
}
