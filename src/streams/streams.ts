/**
 * Streams in the store: the header in the key's record, the entries in chunks (stored-chunks.ts) and in the slots of
 * the tail (tail.ts). Appending costs the same at any length, and so does asking for the length; everything else costs
 * what it reads or removes.
 *
 * `Stream` is a working copy for one command: the functions here and in removal.ts change its header and the store's
 * entries, and `saveStream` writes the header and records what happened.
 */

import { assert } from "../base/assert.ts";
import { type Bytes, chars, raw } from "../base/bytes.ts";
import type { KeyEvent } from "../keyspace/changes.ts";
import type { Database } from "../keyspace/database.ts";
import { GARBAGE_OBJECT, garbageKey, prefixRange, slotOfKey, streamPrefix } from "../keyspace/layouts.ts";
import type { ObjectStorage } from "../keyspace/objects.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import { type Fields, type StreamEntry, unpackFields } from "./chunk.ts";
import { autoId, type EntryId, ID_MAX, ID_MIN } from "./entry-id.ts";
import { decodeHeader, encodeHeader, newHeader, SavedHeader, type StreamHeader } from "./header.ts";
import {
  chunksBack,
  chunksFrom,
  chunkWith,
  type StoredChunk,
  type StoredStream,
  slotValue,
} from "./stored-chunks.ts";
import { appendEntries } from "./tail.ts";

export interface Stream {
  readonly db: Database;
  readonly key: Bytes;
  /** Id of the object. */
  readonly id: number;
  /** As it was found; its id and its expiry stay. */
  readonly record: KeyRecord;
  readonly header: StreamHeader;
}

export interface EntryRange {
  /** Both included. */
  readonly from: EntryId;
  readonly to: EntryId;
  /** Descending order. */
  readonly reverse?: boolean;
}

/** The stream whose record was found at a key. */
export function openStream(db: Database, key: Bytes, record: KeyRecord): Stream {
  assert(record.type === "stream", "a stream's record");
  return { db, key, id: record.id, record, header: headerOf(record) };
}

/** A working copy of the header of a record: where this turn has saved it, of what was saved. */
function headerOf(record: KeyRecord): StreamHeader {
  const { decoded } = record;
  return decoded instanceof SavedHeader ? decoded.open() : decodeHeader(record.payload);
}

/** A new, empty stream at a key that holds nothing. */
export function createStream(db: Database, key: Bytes): Stream {
  const header = newHeader();
  const record = db.put(key, { type: "stream", payload: encodeHeader(header), expireAtMs: 0 }, undefined);
  return { db, key, id: record.id, record, header };
}

/** Takes over what others have written of the stream since it was opened; nothing of this copy may be unsaved. */
export function refreshStream({ db, key, id, header }: Stream): void {
  const record = db.find(key);
  if (record?.type === "stream" && record.id === id) {
    Object.assign(header, headerOf(record));
  }
}

function encodeSaved(saved: SavedHeader): Buffer {
  return saved.encode();
}

/** Writes the header and records what happened to the key. */
export function saveStream(stream: Stream, event: KeyEvent | undefined): void {
  const { db, key, header, record } = stream;
  db.updateLazily(key, record, { decoded: new SavedHeader(header), encode: encodeSaved }, event);
}

/** Records a further event of a key that was written. */
export function recordEvent({ db, key }: Stream, event: KeyEvent): void {
  db.transaction.record({ kind: "key", database: db.index, key, event });
}

export interface NewEntry {
  /** Above the stream's last id. */
  readonly id: EntryId;
  readonly fields: Fields;
  /** 0: a node has no end. */
  readonly nodeEntriesMax: number;
}

/** Adds an entry at the end. */
export function appendTo(stream: Stream, { id, fields, nodeEntriesMax }: NewEntry): void {
  const { header, db } = stream;
  const stored = storedOf(stream);
  const slot = (number: number) => slotValue(stored, number);
  db.transaction.apply(appendEntries({ id: stream.id, header, slot, nodeEntriesMax }, [{ id, fields }]));
}

/** The stream as the functions see it that only read. */
export function storedOf({ db, id, header }: Stream): StoredStream {
  return { id, header, reader: db.transaction };
}

/** The fields of the entry with an id; undefined when there is none. */
export function entryAt(stream: Stream, id: EntryId): Fields | undefined {
  const { header } = stream;
  if (header.length === 0 || id < header.firstId || id > header.lastId) return undefined;
  const found = chunkWith(storedOf(stream), id)?.at(id);
  return found === undefined ? undefined : unpackFields(found.packed);
}

/** The entries of a range; lazy, to be read before the next write. */
export function* entriesOf(stream: Stream, range: EntryRange): Generator<StreamEntry> {
  const bounds = boundsWithin(stream.header, range);
  if (bounds === undefined) return;
  const { low, high } = bounds;
  if (range.reverse === true) {
    for (const chunk of chunksBack(storedOf(stream), low, high)) {
      yield* [...entriesOfStored(chunk, low, high)].reverse();
    }
    return;
  }
  for (const chunk of chunksFrom(storedOf(stream), low, high)) yield* entriesOfStored(chunk, low, high);
}

/** The part of an interval that lies among the ids of a stream; undefined when there is none. */
function boundsWithin(
  { length, firstId, lastId }: StreamHeader,
  { from, to }: EntryRange,
): { readonly low: EntryId; readonly high: EntryId } | undefined {
  const low = from < firstId ? firstId : from;
  const high = to > lastId ? lastId : to;
  return length === 0 || low > high ? undefined : { low, high };
}

/** As entriesOf, up to `count`. */
export function takeEntries(stream: Stream, range: EntryRange, count: number): StreamEntry[] {
  const found: StreamEntry[] = [];
  const bounds = boundsWithin(stream.header, range);
  if (bounds === undefined || count <= 0) return found;
  const { low, high } = bounds;
  if (range.reverse === true) {
    for (const entry of entriesOf(stream, range)) {
      found.push(entry);
      if (found.length >= count) break;
    }
    return found;
  }
  for (const chunk of chunksFrom(storedOf(stream), low, high)) {
    const reader = chunk.from(low);
    if (reader === undefined) continue;
    do {
      if (reader.id > high) return found;
      found.push(reader.entry);
      if (found.length >= count) return found;
    } while (chunk.next(reader));
  }
  return found;
}

function* entriesOfStored(chunk: StoredChunk, low: EntryId, high: EntryId): Generator<StreamEntry> {
  const reader = chunk.from(low);
  if (reader === undefined) return;
  do {
    if (reader.id > high) return;
    yield reader.entry;
  } while (chunk.next(reader));
}

/** All chunks and slots with entries, in order; lazy. */
export function* storedChunks(stream: Stream): Generator<StoredChunk> {
  if (stream.header.length > 0) yield* chunksFrom(storedOf(stream), stream.header.firstId, ID_MAX);
}

/** The id of the last entry there is; ID_MIN when there is none. */
export function lastValidId(stream: Stream): EntryId {
  for (const { id } of entriesOf(stream, { from: ID_MIN, to: ID_MAX, reverse: true })) return id;
  return ID_MIN;
}

/** How many nodes the entries are in; nodes that were emptied between others count too. */
export function nodeCount(stream: Stream): number {
  const { header } = stream;
  for (const chunk of storedChunks(stream)) {
    const first = chunk.from(header.firstId);
    if (first !== undefined) return header.tailNode - first.node + (header.tailLeft === 0 ? 0 : 1);
  }
  return 0;
}

/** The next id that `*` stands for; undefined when the last possible id is taken. */
export function nextAutoId(stream: Stream): EntryId | undefined {
  return autoId(stream.db.nowMs, stream.header.lastId);
}

export const STREAM_STORAGE: ObjectStorage = {
  removed: (transaction, _place, record) => {
    transaction.put(garbageKey(GARBAGE_OBJECT, record.id), Buffer.alloc(0));
  },
  copied: (transaction, record, _to, id) => {
    const prefix = streamPrefix(record.id);
    const { from, to } = prefixRange(prefix);
    const { slotStart, slotCount } = decodeHeader(record.payload);
    for (const [key, value] of [...transaction.range(from, to)]) {
      const slot = slotOfKey(key);
      if (slot !== undefined && (slot < slotStart || slot >= slotStart + slotCount)) continue;
      transaction.put(raw(streamPrefix(id) + chars(key).slice(prefix.length)), value);
    }
    return record.payload;
  },
  moved: () => undefined,
};
