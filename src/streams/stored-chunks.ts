/**
 * Where the entries of a stream stand: chunks under keys of their own, and behind them the slots of the tail (tail.ts).
 *
 * Removing entries writes little. Those at the front are gone when the header's first id is above them; their chunk
 * goes with the last of them. Of one among others the chunk's holes say so, a bit for each of its entries. A slot is
 * written anew without it. A chunk or a tail of which nothing is left is not kept.
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { behind, entryIdOfKey, streamEntryKey, streamHolesKey, streamSlotKey } from "../keyspace/layouts.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { ChunkReader } from "./chunk.ts";
import { type EntryId, entryIdOfBytes } from "./entry-id.ts";
import { hasChunks, type StreamHeader } from "./header.ts";

/** A stream to be read. */
export interface StoredStream {
  /** Id of the object. */
  readonly id: number;
  readonly header: StreamHeader;
  readonly reader: OrderedReader;
}

/** A chunk, or a slot of the tail. */
export class StoredChunk {
  /** The number of the slot; undefined: it is a chunk. */
  readonly slot: number | undefined;
  /** The id in a chunk's key. */
  readonly id: EntryId;
  readonly value: Buffer;
  /** A bit for each entry that was deleted; undefined when none was. */
  readonly holes: Buffer | undefined;

  constructor(value: Buffer, id: EntryId, slot: number | undefined, holes: Buffer | undefined) {
    this.value = value;
    this.id = id;
    this.slot = slot;
    this.holes = holes;
  }

  /** Before the first of all entries, those that are gone included. */
  read(): ChunkReader {
    return new ChunkReader(this.value, this.id);
  }

  /** At the first entry from `low` on that is there; undefined when there is none. */
  from(low: EntryId): ChunkReader | undefined {
    const reader = this.read();
    if (!reader.seek(low)) return undefined;
    return this.isHole(reader.index) && !this.next(reader) ? undefined : reader;
  }

  /** Goes on to the next entry that is there; false when there is none. */
  next(reader: ChunkReader): boolean {
    while (reader.next()) if (!this.isHole(reader.index)) return true;
    return false;
  }

  /** At the entry with an id, if it is there. */
  at(id: EntryId): ChunkReader | undefined {
    const reader = this.read();
    return reader.seek(id) && reader.id === id && !this.isHole(reader.index) ? reader : undefined;
  }

  /** How many entries from `low` on are there. */
  countFrom(low: EntryId): number {
    const reader = this.from(low);
    if (reader === undefined) return 0;
    if (this.holes === undefined) return reader.count - reader.index;
    let count = 1;
    while (this.next(reader)) count += 1;
    return count;
  }

  /**
   * True when no later chunk can hold an id that is at or above the key of this one: its last entry is not below it.
   * If that was deleted, XSETID may have let later entries have lower ids.
   */
  reaches(id: EntryId): boolean {
    const { count, lastId } = this.read();
    return id <= lastId && !this.isHole(count - 1);
  }

  isHole(index: number): boolean {
    return this.holes !== undefined && ((this.holes[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }
}

/** The holes of a chunk of `count` entries with one more at `index`. */
export function withHole(holes: Buffer | undefined, count: number, index: number): Buffer {
  const changed = Buffer.alloc((count + 7) >> 3);
  if (holes !== undefined) changed.set(holes);
  changed[index >> 3] = (changed[index >> 3] ?? 0) | (1 << (index & 7));
  return changed;
}

/** The chunks that may hold entries from `low` to `high`, both at or above the first id; lazy. */
export function* chunksFrom(stream: StoredStream, low: EntryId, high: EntryId): Generator<StoredChunk> {
  const { header, reader, id } = stream;
  const isInTail = header.slotEntries > 0 && low >= slotAt(stream, header.slotStart).firstId;
  if (hasChunks(header) && !isInTail) {
    const first = chunkBefore(stream, low);
    if (first !== undefined) yield first;
    const start = streamEntryKey(id, first?.id ?? header.firstChunk);
    const range = reader.range(first === undefined ? start : behind(start), behind(streamEntryKey(id, high)));
    for (const [key, value] of range) yield chunkOf(stream, key, value);
  }
  const end = header.slotStart + header.slotCount;
  for (let slot = isInTail ? slotBefore(stream, low) : header.slotStart; slot < end; slot += 1) {
    const stored = storedSlot(stream, slot);
    if (stored.id > high) return;
    yield stored;
  }
}

/** As chunksFrom, from the last one to the first. */
export function* chunksBack(stream: StoredStream, low: EntryId, high: EntryId): Generator<StoredChunk> {
  const { header, reader, id } = stream;
  if (header.slotEntries > 0) {
    const last = slotBefore(stream, high);
    for (let slot = last; slot >= header.slotStart; slot -= 1) {
      const stored = storedSlot(stream, slot);
      yield stored;
      if (stored.id <= low) return;
    }
  }
  if (!hasChunks(header)) return;
  const from = streamEntryKey(id, header.firstChunk);
  for (const [key, value] of reader.range(from, behind(streamEntryKey(id, high)), { reverse: true })) {
    const chunk = chunkOf(stream, key, value);
    yield chunk;
    if (chunk.id <= low) return;
  }
}

/** The chunk or slot that holds an id at or above the first id, if the stream has it. */
export function chunkWith(stream: StoredStream, id: EntryId): StoredChunk | undefined {
  const { header } = stream;
  if (header.slotEntries > 0 && id >= slotAt(stream, header.slotStart).firstId) {
    return storedSlot(stream, slotBefore(stream, id));
  }
  return hasChunks(header) ? chunkBefore(stream, id) : undefined;
}

/** The last chunk whose key is at or below an id that is at or above the first id. */
function chunkBefore(stream: StoredStream, id: EntryId): StoredChunk | undefined {
  const { header, reader } = stream;
  if (id === header.firstId) return chunkAt(stream, header.firstChunk);
  const before = recentChunks.get(stream.id)?.find((recent) => recent <= id);
  const guess = before === undefined ? undefined : chunkAt(stream, before);
  if (guess?.reaches(id)) return guess;
  const first = streamEntryKey(stream.id, header.firstChunk);
  const range = reader.range(first, behind(streamEntryKey(stream.id, id)), { reverse: true });
  for (const [key, value] of range) {
    const chunk = chunkOf(stream, key, value);
    noteRecent(stream.id, chunk.id);
    return chunk;
  }
  return undefined;
}

/**
 * The chunks that were looked for last, by stream, the latest first: who reads a stream from one end to the other
 * stays in a chunk for many requests. What they say is tried, not believed, so that nothing has to be notified of changes.
 */
const recentChunks = new Map<number, EntryId[]>();
const RECENT_STREAMS_MAX = 1024;
const RECENT_CHUNKS_MAX = 4;

function noteRecent(stream: number, chunk: EntryId): void {
  const others = recentChunks.get(stream)?.filter((recent) => recent !== chunk) ?? [];
  if (recentChunks.size >= RECENT_STREAMS_MAX) recentChunks.clear();
  recentChunks.set(stream, [chunk, ...others.slice(0, RECENT_CHUNKS_MAX - 1)]);
}

function chunkAt(stream: StoredStream, id: EntryId): StoredChunk | undefined {
  const key = streamEntryKey(stream.id, id);
  const value = stream.reader.get(key);
  return value === undefined ? undefined : chunkOf(stream, key, value);
}

function chunkOf({ header, reader, id }: StoredStream, key: Bytes, value: Buffer): StoredChunk {
  const chunkId = entryIdOfBytes(entryIdOfKey(key));
  const holes = header.holeCount === 0 ? undefined : reader.get(streamHolesKey(id, chunkId));
  return new StoredChunk(value, chunkId, undefined, holes);
}

function storedSlot(stream: StoredStream, slot: number): StoredChunk {
  const value = slotValue(stream, slot);
  return new StoredChunk(value, new ChunkReader(value).firstId, slot, undefined);
}

function slotAt(stream: StoredStream, slot: number): ChunkReader {
  return new ChunkReader(slotValue(stream, slot));
}

/** The value of a slot that is in use. */
export function slotValue({ id, reader }: StoredStream, slot: number): Buffer {
  const value = reader.get(streamSlotKey(id, slot));
  assert(value !== undefined, "a slot of the tail that is in use");
  return value;
}

/** The last slot whose first id is at or below an id; below all of them the one before the first. */
function slotBefore(stream: StoredStream, id: EntryId): number {
  const { slotStart, slotCount } = stream.header;
  let low = slotStart - 1;
  let high = slotStart + slotCount - 1;
  // Most reads are of what came last.
  if (high >= slotStart && slotAt(stream, high).firstId <= id) return high;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (slotAt(stream, middle).firstId <= id) low = middle;
    else high = middle - 1;
  }
  return low;
}
