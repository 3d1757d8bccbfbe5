/**
 * Appending to a stream: how entries get into chunks. As pure functions of a header, the stored tail and the new
 * entries.
 *
 * New entries gather in the slots of the tail, up to SLOTS_MAX keys that every chunk's worth of entries writes over
 * anew. When there are enough for a chunk they become one, and the slots are free, whatever they still hold. So an
 * append writes one short value to a key that is there already, each entry is written twice in all, and of the entries
 * of a chunk one key remains. A slot that takes the entries of one append holds them as a chunk does.
 *
 * A chunk ends with its node (trim.ts), when it has CHUNK_ENTRIES_MAX entries or CHUNK_BYTES_MAX bytes, and
 * behind an entry of ENTRY_BYTES_CLOSING or more: a large entry is written but once.
 */
import { assert } from "../base/assert.ts";
import { streamEntryKey, streamSlotKey } from "../keyspace/layouts.ts";
import type { Write } from "../storage/ordered-store.ts";
import {
  bytesInChunk,
  CHUNK_BYTES_MAX,
  CHUNK_ENTRIES_MAX,
  encodeChunk,
  entriesOfChunk,
  type PackedEntry,
  packEntry,
  type StreamEntry,
} from "./chunk.ts";
import { hasChunks, type StreamHeader } from "./header.ts";

/** Entries of a node unless the configuration says otherwise (`stream-node-max-entries`). */
export const NODE_ENTRIES_MAX = 100;

export const SLOTS_MAX = 128;
const ENTRY_BYTES_CLOSING = 512;

/** A stream as an append finds it. */
export interface StoredTail {
  /** Id of the object. */
  readonly id: number;
  /** Changed by the append: to be written by the caller. */
  readonly header: StreamHeader;
  /** The value of a slot that is in use. Asked for only when the slots become a chunk. */
  readonly slot: (number: number) => Buffer;
  /** 0: a node has no end. */
  readonly nodeEntriesMax: number;
}

/**
 * Adds entries at the end, in order, each id above the one before and above the stream's last. Returns what is to be
 * written beside the header.
 */
export function appendEntries(tail: StoredTail, entries: readonly StreamEntry[]): Write[] {
  return appendPacked(tail, entries.map(packEntry));
}

/** As appendEntries, for entries whose fields are packed. */
export function appendPacked(tail: StoredTail, entries: readonly PackedEntry[]): Write[] {
  const { header } = tail;
  const writes: Write[] = [];
  let fresh: PackedEntry[] = [];
  const close = () => {
    writes.push(...closeTail(tail, fresh));
    fresh = [];
  };
  for (const packed of entries) {
    const isNodeEnd = endsNode(tail);
    if (isNodeEnd || !hasRoom(header, packed)) close();
    if (isNodeEnd) beginNode(header);
    noteAppended(header, packed);
    fresh.push(packed);
    if (packed.packed.length >= ENTRY_BYTES_CLOSING) close();
  }
  if (fresh.length === 0) return writes;
  const slot = header.slotStart + header.slotCount;
  if (slot === SLOTS_MAX) return [...writes, ...closeTail(tail, fresh)];
  header.slotCount += 1;
  writes.push([streamSlotKey(tail.id, slot), encodeChunk(header.tailNode, fresh)]);
  return writes;
}

/** True when the next entry belongs to another node: this one has lost all it held, or is full. */
function endsNode({ header, nodeEntriesMax }: StoredTail): boolean {
  return header.tailLeft === 0 || (nodeEntriesMax > 0 && header.tailAdded >= nodeEntriesMax);
}

function hasRoom({ slotEntries, slotBytes }: StreamHeader, entry: PackedEntry): boolean {
  return slotEntries < CHUNK_ENTRIES_MAX && slotBytes + bytesInChunk(entry) <= CHUNK_BYTES_MAX;
}

function beginNode(header: StreamHeader): void {
  header.tailNode = (header.tailNode + 1) >>> 0;
  header.tailAdded = 0;
  header.tailLeft = 0;
}

/** Counts an entry that is added. */
function noteAppended(header: StreamHeader, entry: PackedEntry): void {
  const { id } = entry;
  assert(id > header.lastId, "an entry id above the last");
  header.tailAdded += 1;
  header.tailLeft += 1;
  if (header.length === 0) header.firstId = id;
  header.length += 1;
  header.lastId = id;
  header.entriesAdded += 1n;
  header.slotEntries += 1;
  header.slotBytes += bytesInChunk(entry);
}

/** Makes a chunk of what the slots hold and of the entries behind it; the slots are then free. */
function closeTail({ id, header, slot }: StoredTail, fresh: readonly PackedEntry[]): Write[] {
  const entries: PackedEntry[] = [];
  for (let index = 0; index < header.slotCount; index += 1) {
    for (const entry of entriesOfChunk(slot(header.slotStart + index))) {
      if (entry.id >= header.firstId) entries.push(entry);
    }
  }
  entries.push(...fresh);
  const first = entries[0];
  if (first !== undefined && !hasChunks(header)) header.firstChunk = first.id;
  freeSlots(header);
  return first === undefined ? [] : [[streamEntryKey(id, first.id), encodeChunk(header.tailNode, entries)]];
}

/** All slots are free. */
export function freeSlots(header: StreamHeader): void {
  header.slotStart = 0;
  header.slotCount = 0;
  header.slotEntries = 0;
  header.slotBytes = 0;
}
