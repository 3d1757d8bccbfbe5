/**
 * Entries of a stream as one value: a chunk. Numbers are varints (base/varint.ts) unless they say otherwise.
 *
 * | field      | bytes  |                                                                                   |
 * | ---------- | ------ | --------------------------------------------------------------------------------- |
 * | format     | 1      | 2                                                                                 |
 * | node       | varint | the node that all its entries belong to (trim.ts)                          |
 * | count      | varint | number of entries; 0 in a slot whose entries were deleted                         |
 * | first id   | 16     | of the first entry, or of the first one that was                                  |
 * | last id    | 16     | of the last entry; absent unless there are two or more                            |
 * | per entry: |        |                                                                                   |
 * | ms         | varint | milliseconds after the first id's, plus 1; 0: the id follows in full, in 16 bytes |
 * | sequence   | varint | absent when the id is in full                                                 |
 * | length     | varint | bytes of the fields                                                               |
 * | fields     |        | each name and value: length (varint) and bytes                                    |
 *
 * What a client gave is never looked into to go from one entry to the next, and entries move from chunk to chunk
 * with their fields as they are.
 */
import { assert } from "../base/assert.ts";
import { chars } from "../base/bytes.ts";
import { FieldReader, putVarint, varintBytes } from "../base/varint.ts";
import { type EntryId, entryId, entryIdAt, ID_BYTES, safeMsOf, safeSeqOf } from "./entry-id.ts";

/** Field, value, field, value … */
export type Fields = readonly Buffer[];

export interface StreamEntry {
  readonly id: EntryId;
  readonly fields: Fields;
}

/** An entry with its fields as they are in a chunk. */
export interface PackedEntry {
  readonly id: EntryId;
  readonly packed: Buffer;
}

/** A chunk takes no further entry beyond so many, or so many bytes of entries. */
export const CHUNK_ENTRIES_MAX = 128;
/** With the head of the chunk and its key it still fits into one page of the data file. */
export const CHUNK_BYTES_MAX = 3900;

const FORMAT = 2;
/** The format of the values that hold one entry each, as earlier versions wrote them. */
const FORMAT_SINGLE = 1;
/** What an entry has beside its fields, at most: its id in full and two numbers. */
const ENTRY_HEAD_BYTES_MAX = 32;
const CHUNK_HEAD_BYTES_MAX = 64;
/** Where chunks are put together, unless they are longer. */
const scratch = Buffer.allocUnsafeSlow(16 * 1024);
/** One more is still exact. */
const DISTANCE_MAX = Number.MAX_SAFE_INTEGER - 1;

/** About how many bytes an entry takes in a chunk, the first id near to its own. */
export function bytesInChunk({ packed }: PackedEntry): number {
  return packed.length + 5;
}

export function packFields(fields: Fields): Buffer {
  let length = 0;
  for (const field of fields) length += varintBytes(field.length) + field.length;
  const packed = Buffer.allocUnsafe(length);
  let at = 0;
  for (const field of fields) {
    at = putVarint(packed, at, field.length);
    packed.set(field, at);
    at += field.length;
  }
  return packed;
}

/** Views of `packed`. @throws Error when they are not fields and values */
export function unpackFields(packed: Buffer): Fields {
  const fields: Buffer[] = [];
  const reader = new FieldReader(packed);
  while (!reader.isAtEnd) fields.push(reader.view(reader.varint()));
  assert(fields.length % 2 === 0, "a stream entry of fields and values");
  return fields;
}

export function packEntry({ id, fields }: StreamEntry): PackedEntry {
  return { id, packed: packFields(fields) };
}

/** Entries of one node, in order, one at least, as one value. */
export function encodeChunk(node: number, entries: readonly PackedEntry[]): Buffer {
  const first = entries[0];
  assert(first !== undefined, "a chunk of one entry at least");
  return encode(node, first.id, entries);
}

/** What is left in the slot of the tail whose entries are gone. */
export function emptyChunk(node: number, firstId: EntryId): Buffer {
  return encode(node, firstId, []);
}

function encode(node: number, firstId: EntryId, entries: readonly PackedEntry[]): Buffer {
  let bytesMax = CHUNK_HEAD_BYTES_MAX;
  for (const { packed } of entries) bytesMax += ENTRY_HEAD_BYTES_MAX + packed.length;
  const chunk = bytesMax <= scratch.length ? scratch : Buffer.allocUnsafe(bytesMax);
  chunk[0] = FORMAT;
  let at = putVarint(chunk, putVarint(chunk, 1, node), entries.length);
  at = putId(chunk, at, firstId);
  const last = entries.at(-1);
  if (last !== undefined && entries.length > 1) at = putId(chunk, at, last.id);
  const firstMs = safeMsOf(firstId);
  for (const { id, packed } of entries) {
    at = putEntryId(chunk, at, id, firstMs);
    at = putVarint(chunk, at, packed.length);
    chunk.set(packed, at);
    at += packed.length;
  }
  if (chunk !== scratch) return chunk.subarray(0, at);
  const value = Buffer.allocUnsafe(at);
  value.set(scratch.subarray(0, at));
  return value;
}

function putEntryId(chunk: Buffer, at: number, id: EntryId, firstMs: number | undefined): number {
  const ms = firstMs === undefined ? undefined : safeMsOf(id);
  const seq = ms === undefined ? undefined : safeSeqOf(id);
  if (firstMs === undefined || ms === undefined || seq === undefined || ms - firstMs > DISTANCE_MAX) {
    chunk[at] = 0;
    return putId(chunk, at + 1, id);
  }
  return putVarint(chunk, putVarint(chunk, at, ms - firstMs + 1), seq);
}

/** Writes the 16 bytes of an id; returns where the next byte goes. */
export function putId(target: Buffer, at: number, id: EntryId): number {
  const text = chars(id);
  for (let index = 0; index < ID_BYTES; index += 1) target[at + index] = text.charCodeAt(index);
  return at + ID_BYTES;
}

/** Reads the 16 bytes of an id. */
export function takeId(reader: FieldReader): EntryId {
  const { at } = reader;
  reader.skip(ID_BYTES);
  return entryIdAt(reader.bytes, at);
}

/**
 * A chunk that is read from its first entry to its last. Before the first `next` it stands at no entry. What is passed
 * over costs a few bytes looked at; ids and fields are made when they are asked for.
 */
export class ChunkReader {
  readonly node: number;
  readonly count: number;
  readonly firstId: EntryId;
  readonly lastId: EntryId;
  /** Which entry it stands at, from 0. */
  index = -1;
  readonly #reader: FieldReader;
  readonly #firstMs: number;
  #ms = 0;
  #seq = 0;
  #id: EntryId | undefined;
  #start = 0;
  #end: number;

  /** `keyId` is the id in the key of the value, for values of the format that hold no id. */
  constructor(value: Buffer, keyId?: EntryId) {
    const reader = new FieldReader(value[0] === FORMAT_SINGLE ? asChunk(value, keyId) : value);
    assert(reader.byte() === FORMAT, "stream entries of a known format");
    this.node = reader.varint();
    this.count = reader.varint();
    this.firstId = takeId(reader);
    this.lastId = this.count > 1 ? takeId(reader) : this.firstId;
    this.#firstMs = safeMsOf(this.firstId) ?? 0;
    this.#reader = reader;
    this.#end = reader.at;
  }

  /** Goes on to the next entry; false when there is none. */
  next(): boolean {
    if (this.index + 1 >= this.count) return false;
    const reader = this.#reader;
    reader.at = this.#end;
    const ms = reader.varint();
    if (ms === 0) this.#id = takeId(reader);
    else {
      this.#id = undefined;
      this.#ms = this.#firstMs + ms - 1;
      this.#seq = reader.varint();
    }
    const length = reader.varint();
    this.#start = reader.at;
    this.#end = reader.at + length;
    this.index += 1;
    return true;
  }

  /** Goes on to the first entry behind the one it stands at whose id is `id` or above; false when there is none. */
  seek(id: EntryId): boolean {
    if (id > this.lastId) return false;
    const ms = safeMsOf(id);
    const seq = safeSeqOf(id);
    while (this.next()) {
      const isThere =
        this.#id !== undefined || ms === undefined || seq === undefined
          ? this.id >= id
          : this.#ms > ms || (this.#ms === ms && this.#seq >= seq);
      if (isThere) return true;
    }
    return false;
  }

  /** The id of the entry it stands at. */
  get id(): EntryId {
    this.#id ??= entryId(this.#ms, this.#seq);
    return this.#id;
  }

  /** The fields of the entry it stands at, as they are stored. */
  get packed(): Buffer {
    return this.#reader.bytes.subarray(this.#start, this.#end);
  }

  /** The entry it stands at; its fields are views of the value. */
  get entry(): StreamEntry {
    return { id: this.id, fields: unpackFields(this.packed) };
  }
}

/** The entries of a chunk. */
export function entriesOfChunk(value: Buffer): PackedEntry[] {
  const reader = new ChunkReader(value);
  const entries: PackedEntry[] = [];
  while (reader.next()) entries.push({ id: reader.id, packed: reader.packed });
  return entries;
}

/** A value of one entry: format, node u32, then each field and value: length u32, bytes. Its id is in its key. */
function asChunk(value: Buffer, id: EntryId | undefined): Buffer {
  assert(id !== undefined, "an entry of its own has its id in its key");
  const fields: Buffer[] = [];
  let at = 5;
  while (at < value.length) {
    const length = value.readUInt32BE(at);
    fields.push(value.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  assert(at === value.length && fields.length % 2 === 0, "a stream entry of fields and values");
  return encodeChunk(value.readUInt32BE(1), [packEntry({ id, fields })]);
}
