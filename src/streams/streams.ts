/**
 * Streams in the store: the header in the key's record, each entry an entry of the store under its id. Appending
 * costs the same at any length, and so does asking for the length; everything else costs what it reads or removes.
 *
 * `Stream` is a working copy for one command: the functions here change its header and the store's entries, and
 * `saveStream` writes the header and records what happened.
 */
import { assert } from "../base/assert.ts";
import { type Bytes, chars, raw } from "../base/bytes.ts";
import type { KeyEvent } from "../keyspace/changes.ts";
import type { Database } from "../keyspace/database.ts";
import {
  behind,
  entryIdOfKey,
  GARBAGE_OBJECT,
  garbageKey,
  prefixRange,
  streamEntryKey,
  streamPrefix,
} from "../keyspace/layouts.ts";
import type { ObjectStorage } from "../keyspace/objects.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import { autoId, type EntryId, entryIdOfBytes, ID_MAX, ID_MIN } from "./entry-id.ts";
import {
  decodeHeader,
  encodeEntry,
  encodeHeader,
  type Fields,
  fieldsOfEntry,
  newHeader,
  nodeOfEntry,
  type StreamHeader,
} from "./records.ts";

/** Entries of a node unless the configuration says otherwise (`stream-node-max-entries`). */
export const NODE_ENTRIES_MAX = 100;

export interface Stream {
  readonly db: Database;
  readonly key: Bytes;
  /** Id of the object. */
  readonly id: number;
  readonly expireAtMs: number;
  readonly header: StreamHeader;
}

export interface StreamEntry {
  readonly id: EntryId;
  readonly fields: Fields;
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
  return { db, key, id: record.id, expireAtMs: record.expireAtMs, header: decodeHeader(record.payload) };
}

/** A new, empty stream at a key that holds nothing. */
export function createStream(db: Database, key: Bytes): Stream {
  const header = newHeader();
  const record = db.put(key, { type: "stream", payload: encodeHeader(header), expireAtMs: 0 }, undefined);
  return { db, key, id: record.id, expireAtMs: 0, header };
}

/** Writes the header and records what happened to the key. */
export function saveStream(stream: Stream, event: KeyEvent | undefined): void {
  const { db, key, header, expireAtMs } = stream;
  db.put(key, { type: "stream", payload: encodeHeader(header), expireAtMs }, event);
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
  assert(id > header.lastId, "an entry id above the last");
  const isFull = nodeEntriesMax > 0 && header.tailAdded >= nodeEntriesMax;
  if (header.tailLeft === 0 || isFull) {
    header.tailNode = (header.tailNode + 1) >>> 0;
    header.tailAdded = 0;
    header.tailLeft = 0;
  }
  header.tailAdded += 1;
  header.tailLeft += 1;
  db.transaction.put(streamEntryKey(stream.id, id), encodeEntry(header.tailNode, fields));
  if (header.length === 0) header.firstId = id;
  header.length += 1;
  header.lastId = id;
  header.entriesAdded += 1n;
}

/** The fields of the entry with an id; undefined when there is none. */
export function entryAt(stream: Stream, id: EntryId): Fields | undefined {
  const value = stream.db.transaction.get(streamEntryKey(stream.id, id));
  return value === undefined ? undefined : fieldsOfEntry(value);
}

/** The entries of a range; lazy, to be read before the next write. */
export function* entriesOf(stream: Stream, range: EntryRange): Generator<StreamEntry> {
  for (const [id, value] of rawEntries(stream, range)) yield { id, fields: fieldsOfEntry(value) };
}

/** As entriesOf, with the values as they are stored. */
export function* rawEntries(
  { header, id, db }: Stream,
  { from, to, reverse }: EntryRange,
): Generator<readonly [EntryId, Buffer]> {
  // What lies before the first entry may be the traces of entries removed a moment ago: they are not walked over.
  const low = from < header.firstId ? header.firstId : from;
  const high = to > header.lastId ? header.lastId : to;
  if (header.length === 0 || low > high) return;
  const range = db.transaction.range(streamEntryKey(id, low), behind(streamEntryKey(id, high)), {
    reverse: reverse === true,
  });
  for (const [key, value] of range) yield [entryIdOfBytes(entryIdOfKey(key)), value];
}

/** The id of the last entry there is; ID_MIN when there is none. */
export function lastValidId(stream: Stream): EntryId {
  for (const [id] of rawEntries(stream, { from: ID_MIN, to: ID_MAX, reverse: true })) return id;
  return ID_MIN;
}

/** How many nodes the entries are in; nodes that were emptied between others count too. */
export function nodeCount(stream: Stream): number {
  for (const [, value] of rawEntries(stream, { from: ID_MIN, to: ID_MAX })) {
    const last = stream.header.tailLeft === 0 ? 0 : 1;
    return stream.header.tailNode - nodeOfEntry(value) + last;
  }
  return 0;
}

/** Removes an entry. False when there is no such entry. The first id is then up to `settleFirstId`. */
export function deleteEntry(stream: Stream, id: EntryId): boolean {
  const { header, db } = stream;
  const key = streamEntryKey(stream.id, id);
  const value = db.transaction.get(key);
  if (value === undefined) return false;
  db.transaction.remove(key);
  header.length -= 1;
  if (nodeOfEntry(value) === header.tailNode) header.tailLeft -= 1;
  return true;
}

/** Removes an entry from among others, and notes that there is a hole: what groups lag behind counts with it. */
export function deleteAmong(stream: Stream, id: EntryId): boolean {
  if (!deleteEntry(stream, id)) return false;
  const { header } = stream;
  if (id > header.maxDeletedId) header.maxDeletedId = id;
  return true;
}

/** Finds the first entry anew after some were removed. */
export function settleFirstId(stream: Stream): void {
  const { header } = stream;
  let firstId = ID_MIN;
  for (const [id] of rawEntries(stream, { from: header.firstId, to: ID_MAX })) {
    firstId = id;
    break;
  }
  header.firstId = firstId;
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
    const parts = [...transaction.range(from, to)];
    for (const [key, value] of parts) {
      transaction.put(raw(streamPrefix(id) + chars(key).slice(prefix.length)), value);
    }
    return record.payload;
  },
  moved: () => undefined,
};
