/** Removing entries of a stream: single ones, and many from the front (stored-chunks.ts). */
import { streamEntryKey, streamHolesKey, streamSlotKey } from "../keyspace/layouts.ts";
import { emptyChunk, encodeChunk, entriesOfChunk } from "./chunk.ts";
import { type EntryId, ID_MAX, ID_MIN } from "./entry-id.ts";
import { chunksFrom, chunkWith, type StoredChunk, slotValue, withHole } from "./stored-chunks.ts";
import { type Stream, storedOf } from "./streams.ts";
import { freeSlots } from "./tail.ts";

/** Removes an entry. False when there is no such entry. The first id is then up to `settleFirstId`. */
export function deleteEntry(stream: Stream, id: EntryId): boolean {
  const { header } = stream;
  if (header.length === 0 || id < header.firstId || id > header.lastId) return false;
  const chunk = chunkWith(storedOf(stream), id);
  const found = chunk?.at(id);
  if (chunk === undefined || found === undefined) return false;
  if (chunk.slot === undefined) deleteFromChunk(stream, chunk, found.index);
  else deleteFromSlot(stream, chunk, id, chunk.slot);
  header.length -= 1;
  if (found.node === header.tailNode) header.tailLeft -= 1;
  return true;
}

function deleteFromChunk(stream: Stream, chunk: StoredChunk, index: number): void {
  const { db, header } = stream;
  if (chunk.countFrom(header.firstId) === 1) {
    removeChunk(stream, chunk);
    return;
  }
  if (chunk.holes === undefined) header.holeCount += 1;
  db.transaction.put(streamHolesKey(stream.id, chunk.id), withHole(chunk.holes, chunk.read().count, index));
}

function removeChunk({ db, id, header }: Stream, chunk: StoredChunk): void {
  db.transaction.remove(streamEntryKey(id, chunk.id));
  if (chunk.holes === undefined) return;
  db.transaction.remove(streamHolesKey(id, chunk.id));
  header.holeCount -= 1;
}

function deleteFromSlot(stream: Stream, chunk: StoredChunk, id: EntryId, slot: number): void {
  const { db, header } = stream;
  header.slotEntries -= 1;
  if (header.slotEntries === 0) {
    freeSlots(header);
    return;
  }
  const { node } = chunk.read();
  const left = entriesOfChunk(chunk.value).filter((entry) => entry.id !== id);
  if (left.length === 0 && slot === header.slotStart + header.slotCount - 1) {
    dropLastSlots(stream);
    return;
  }
  const value = left.length === 0 ? emptyChunk(node, id) : encodeChunk(node, left);
  db.transaction.put(streamSlotKey(stream.id, slot), value);
}

/**
 * Frees the last slot, and empty ones before it: XSETID may set the last id back, and the ids of the slots in use
 * rise.
 */
function dropLastSlots(stream: Stream): void {
  const { header } = stream;
  const stored = storedOf(stream);
  do header.slotCount -= 1;
  while (entriesOfChunk(slotValue(stored, header.slotStart + header.slotCount - 1)).length === 0);
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
  if (header.length === 0) {
    header.firstId = ID_MIN;
    freeSlots(header);
    return;
  }
  for (const chunk of chunksFrom(storedOf(stream), header.firstId, ID_MAX)) {
    const first = chunk.from(header.firstId);
    if (first === undefined) continue;
    beginAt(stream, chunk, first.id);
    return;
  }
}

/** The stream begins with an entry of a chunk. */
function beginAt({ header }: Stream, chunk: StoredChunk, id: EntryId): void {
  header.firstId = id;
  if (chunk.slot === undefined) header.firstChunk = chunk.id;
  else {
    header.slotCount -= chunk.slot - header.slotStart;
    header.slotStart = chunk.slot;
  }
}

/** Removes up to `count` entries from the front; how many there were. */
export function removeFromFront(stream: Stream, count: number): number {
  const { header } = stream;
  if (count <= 0 || header.length === 0) return 0;
  const { firstId, length } = header;
  const emptied: StoredChunk[] = [];
  let left = Math.min(count, length);
  for (const chunk of chunksFrom(storedOf(stream), firstId, ID_MAX)) {
    const first = chunk.from(firstId);
    if (first === undefined) continue;
    const removed = Math.min(left, chunk.countFrom(firstId));
    for (let passed = 0; passed < removed; passed += 1) {
      if (!chunk.next(first)) emptied.push(chunk);
    }
    left -= removed;
    header.length -= removed;
    if (first.node === header.tailNode) header.tailLeft -= removed;
    if (chunk.slot !== undefined) header.slotEntries -= removed;
    if (emptied.at(-1) === chunk) continue;
    beginAt(stream, chunk, first.id);
    break;
  }
  for (const chunk of emptied) if (chunk.slot === undefined) removeChunk(stream, chunk);
  if (header.length === 0) settleFirstId(stream);
  return Math.min(count, length);
}
