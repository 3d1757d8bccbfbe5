/**
 * Streams as live objects (live-objects.ts): entries that the server appends by itself with a change of something else,
 * whose redo record tells of them too. They are put into chunks a chunk's worth at a time and written at the checkpoint.
 */
import { assert } from "../base/assert.ts";
import { type Bytes, chars, raw } from "../base/bytes.ts";
import type { Database } from "../keyspace/database.ts";
import { isEntryPart, slotOfKey, streamSlotKey } from "../keyspace/layouts.ts";
import type { Derivation, LiveChange, LiveGeneration, LiveKind, LivePlace } from "../keyspace/live-kind.ts";
import { type KeyRecord, LazyRecord } from "../keyspace/records.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { slackOf } from "./append.ts";
import type { PackedEntry } from "./chunk.ts";
import { autoId, type EntryId, entryIdOfBytes, idAfter } from "./entry-id.ts";
import { decodeHeader, encodeHeader, type StreamHeader } from "./header.ts";
import { appendPacked, NODE_ENTRIES_MAX } from "./tail.ts";

/** What one who appends has to know of a stream. */
interface StreamEnd {
  readonly lastId: EntryId;
  readonly length: number;
}

export const LIVE_STREAM: LiveKind = {
  space: "s",
  givenSpaces: "",
  derivesRecord: true,
  baseOf: (record) => record,
  deriveEvery: 128,
  indexKeys: () => [],
  derive,
  isDerived: (key) => isEntryPart(key),
  isLate: (key) => slotOfKey(key) !== undefined,
};

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
  const fresh: PackedEntry[] = [];
  for (let index = before?.count ?? 0; index < tail.length; index += 1)
    fresh.push(packedEntry(tail.at(index)));
  const slot = (number: number) => {
    const key = streamSlotKey(base.id, number);
    const value = writes.get(key) ?? below.get(key);
    assert(value !== undefined && value !== null, "a slot of the tail that is in use");
    return value;
  };
  const entries = fresh.filter(({ id }) => id > header.lastId);
  const appended = appendPacked({ id: base.id, header, slot, nodeEntriesMax: NODE_ENTRIES_MAX }, entries);
  for (const [key, value] of appended) writes.set(key, value);
  const record = new LazyRecord(base, undefined, () => encodeHeader(header));
  const derivation: StreamDerivation = { count: tail.length, record, writes, header };
  return derivation;
}

/** An entry of a tail: its id, and its packed fields. */
function packedEntry(item: Buffer): PackedEntry {
  return { id: entryIdOfBytes(raw(item.toString("latin1", 0, ID_BYTES))), packed: item.subarray(ID_BYTES) };
}

const ID_BYTES = 16;

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
export function appendLate(db: Database, planned: LateAppend, packed: readonly Buffer[]): void {
  const { key, record, firstId } = planned;
  const { after, tail } = withEntries(record, firstId, packed);
  const change = { kind: LIVE_STREAM, before: record, after, tail, given: undefined };
  const isLive = db.change(key, change, undefined, "xadd");
  assert(isLive, "a stream that was not written since the append was planned");
}

/** An append that a restart has read in the journal; undefined for one that the stream has already. */
export function appendAnew(
  record: KeyRecord,
  place: LivePlace,
  firstId: EntryId,
  packed: readonly Buffer[],
): LiveChange | undefined {
  if (endOf(record).lastId >= firstId) return undefined;
  const { after, tail } = withEntries(record, firstId, packed);
  return { kind: LIVE_STREAM, place, before: record, after, tail, given: undefined };
}

/** The record and the tail of entries with the first id and those that follow it within its millisecond. */
function withEntries(
  record: KeyRecord,
  firstId: EntryId,
  packed: readonly Buffer[],
): { readonly after: KeyRecord; readonly tail: readonly Buffer[] } {
  const { lastId, length } = endOf(record);
  const end = { lastId, length };
  const tail = packed.map((fields, index) => {
    const id = index === 0 ? firstId : idAfter(end.lastId);
    assert(id !== undefined, "an id for each entry of a change");
    end.lastId = id;
    end.length += 1;
    return tailItem(id, fields);
  });
  return { after: new LazyRecord(record, end satisfies StreamEnd, neverEncoded), tail };
}

/** As `packedEntry` reads it. */
function tailItem(id: EntryId, packed: Buffer): Buffer {
  const text = chars(id);
  const item = Buffer.allocUnsafe(ID_BYTES + packed.length);
  for (let index = 0; index < ID_BYTES; index += 1) item[index] = text.charCodeAt(index);
  item.set(packed, ID_BYTES);
  return item;
}

function neverEncoded(): Buffer {
  throw new Error("assertion failed: the record of a live stream is derived from its tail");
}

function endOf(record: KeyRecord): StreamEnd {
  // Only this function, withEntries and who saves a header set what a stream's record has been decoded to: all tell the end.
  const known = record.decoded as StreamEnd | undefined;
  if (known !== undefined) return known;
  const { lastId, length } = decodeHeader(record.payload);
  record.decoded = { lastId, length } satisfies StreamEnd;
  return { lastId, length };
}
