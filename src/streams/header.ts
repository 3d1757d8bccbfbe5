/**
 * What the record of a stream's key says of the stream. Numbers are varints (base/varint.ts) unless they say otherwise.
 *
 * | field           | bytes  |                                                                              |
 * | --------------- | ------ | ---------------------------------------------------------------------------- |
 * | format          | 1      | 0x82; what earlier versions wrote has 84 bytes and begins below 0x80         |
 * | parts           | 1      | bit 0: a highest deleted id follows, bit 1: the key of the first chunk,      |
 * |                 |        | bit 2: the number of entries added is an i64                                 |
 * | length          | varint | number of entries                                                            |
 * | entries added   | varint | entries ever added, or what XSETID said                                      |
 * | first id        | 16     | of the first entry; entries below it that are still stored are gone          |
 * | last id         | 16     | the highest id ever given, of an entry that may be gone                      |
 * | deleted id      | 16     | the highest id that XDEL has removed; absent when there is none              |
 * | first chunk     | 16     | the id in the key of the first chunk; absent when it is the first id         |
 * | groups          | varint | number of groups                                                             |
 * | next group      | varint | number of the next group                                                     |
 * | node            | varint | the node new entries go to (trim.ts),                                        |
 * |                 | varint | entries added to it,                                                         |
 * |                 | varint | and entries left in it                                                       |
 * | tail            | varint | the first slot of the tail in use (tail.ts),                                 |
 * |                 | varint | slots in use,                                                                |
 * |                 | varint | entries in them,                                                             |
 * |                 | varint | and about as many bytes as they take                                         |
 * | holes           | varint | chunks of which entries are deleted                                          |
 */
import { assert } from "../base/assert.ts";
import { bytesOf } from "../base/bytes.ts";
import { FieldReader, putVarint } from "../base/varint.ts";
import { putId, takeId } from "./chunk.ts";
import { type EntryId, entryIdOfBytes, ID_MIN } from "./entry-id.ts";

/** A mutable working copy; `saveStream` writes it. */
export interface StreamHeader {
  length: number;
  /** Entries ever added, or what XSETID said; up to 2^63 - 1. */
  entriesAdded: bigint;
  /** The id of the first entry; ID_MIN when there is none. */
  firstId: EntryId;
  /** The highest id ever given, of an entry that may be gone. */
  lastId: EntryId;
  /** The highest id that XDEL has removed. */
  maxDeletedId: EntryId;
  /** The id in the key of the first chunk; of no meaning when there is no chunk. */
  firstChunk: EntryId;
  groupCount: number;
  /** Number of the next group. */
  groupNext: number;
  /** The node new entries go to: see trim.ts. */
  tailNode: number;
  tailAdded: number;
  tailLeft: number;
  /** The slots of the tail from `slotStart` on that hold entries: see tail.ts. */
  slotStart: number;
  slotCount: number;
  /** Entries in the slots, those below the first id left out; all others are in chunks. */
  slotEntries: number;
  /** About how many bytes a chunk of all that was written to the slots takes. */
  slotBytes: number;
  /** Chunks of which entries are deleted. */
  holeCount: number;
}

const FORMAT = 0x82;
const HAS_DELETED = 1;
const HAS_FIRST_CHUNK = 2;
const HAS_MANY_ADDED = 4;
const HEADER_BYTES_MAX = 160;
const OLD_BYTES = 84;
const scratch = Buffer.allocUnsafeSlow(HEADER_BYTES_MAX);

export function newHeader(): StreamHeader {
  return {
    length: 0,
    entriesAdded: 0n,
    firstId: ID_MIN,
    lastId: ID_MIN,
    maxDeletedId: ID_MIN,
    firstChunk: ID_MIN,
    groupCount: 0,
    groupNext: 1,
    tailNode: 0,
    tailAdded: 0,
    tailLeft: 0,
    slotStart: 0,
    slotCount: 0,
    slotEntries: 0,
    slotBytes: 0,
    holeCount: 0,
  };
}

/** A header as a request has saved it: what the record of its stream is decoded to for the rest of the turn. */
export class SavedHeader {
  readonly #header: StreamHeader;

  constructor(header: StreamHeader) {
    this.#header = copiedHeader(header);
  }

  get lastId(): EntryId {
    return this.#header.lastId;
  }

  get length(): number {
    return this.#header.length;
  }

  /** A working copy. */
  open(): StreamHeader {
    return copiedHeader(this.#header);
  }

  encode(): Buffer {
    return encodeHeader(this.#header);
  }
}

/** Field by field: a spread takes as long as all else that a header costs. */
function copiedHeader(header: StreamHeader): StreamHeader {
  return {
    length: header.length,
    entriesAdded: header.entriesAdded,
    firstId: header.firstId,
    lastId: header.lastId,
    maxDeletedId: header.maxDeletedId,
    firstChunk: header.firstChunk,
    groupCount: header.groupCount,
    groupNext: header.groupNext,
    tailNode: header.tailNode,
    tailAdded: header.tailAdded,
    tailLeft: header.tailLeft,
    slotStart: header.slotStart,
    slotCount: header.slotCount,
    slotEntries: header.slotEntries,
    slotBytes: header.slotBytes,
    holeCount: header.holeCount,
  };
}

/** True when some entries are in chunks. */
export function hasChunks(header: StreamHeader): boolean {
  return header.length > header.slotEntries;
}

export function encodeHeader(header: StreamHeader): Buffer {
  const buffer = scratch;
  const hasDeleted = header.maxDeletedId !== ID_MIN;
  const hasFirstChunk = hasChunks(header) && header.firstChunk !== header.firstId;
  buffer[0] = FORMAT;
  const added = Number(header.entriesAdded);
  const hasMany = !Number.isSafeInteger(added);
  buffer[1] =
    (hasDeleted ? HAS_DELETED : 0) + (hasFirstChunk ? HAS_FIRST_CHUNK : 0) + (hasMany ? HAS_MANY_ADDED : 0);
  let at = putVarint(buffer, 2, header.length);
  at = hasMany ? buffer.writeBigInt64BE(header.entriesAdded, at) : putVarint(buffer, at, added);
  at = putId(buffer, at, header.firstId);
  at = putId(buffer, at, header.lastId);
  if (hasDeleted) at = putId(buffer, at, header.maxDeletedId);
  if (hasFirstChunk) at = putId(buffer, at, header.firstChunk);
  at = putVarint(buffer, at, header.groupCount);
  at = putVarint(buffer, at, header.groupNext);
  at = putVarint(buffer, at, header.tailNode);
  at = putVarint(buffer, at, header.tailAdded);
  at = putVarint(buffer, at, header.tailLeft);
  at = putVarint(buffer, at, header.slotStart);
  at = putVarint(buffer, at, header.slotCount);
  at = putVarint(buffer, at, header.slotEntries);
  at = putVarint(buffer, at, header.slotBytes);
  at = putVarint(buffer, at, header.holeCount);
  const value = Buffer.allocUnsafe(at);
  value.set(buffer.subarray(0, at));
  return value;
}

/** @throws Error when it is none: data is never guessed at */
export function decodeHeader(buffer: Buffer): StreamHeader {
  if (buffer[0] !== FORMAT) return decodeOldHeader(buffer);
  const reader = new FieldReader(buffer, 1);
  const parts = reader.byte();
  const length = reader.varint();
  const entriesAdded =
    (parts & HAS_MANY_ADDED) === 0 ? BigInt(reader.varint()) : reader.view(8).readBigInt64BE(0);
  const firstId = takeId(reader);
  const header = {
    length,
    entriesAdded,
    firstId,
    lastId: takeId(reader),
    maxDeletedId: (parts & HAS_DELETED) === 0 ? ID_MIN : takeId(reader),
    firstChunk: (parts & HAS_FIRST_CHUNK) === 0 ? firstId : takeId(reader),
    groupCount: reader.varint(),
    groupNext: reader.varint(),
    tailNode: reader.varint(),
    tailAdded: reader.varint(),
    tailLeft: reader.varint(),
    slotStart: reader.varint(),
    slotCount: reader.varint(),
    slotEntries: reader.varint(),
    slotBytes: reader.varint(),
    holeCount: reader.varint(),
  };
  assert(reader.isAtEnd, "a stream's header and nothing behind it");
  return header;
}

/** What earlier versions wrote: each entry of the stream is then a value of its own, which reads as a chunk of one. */
function decodeOldHeader(buffer: Buffer): StreamHeader {
  assert(buffer.length === OLD_BYTES, "a stream's header");
  const idAt = (at: number) => entryIdOfBytes(bytesOf(buffer.subarray(at, at + 16)));
  const firstId = idAt(16);
  return {
    ...newHeader(),
    length: buffer.readDoubleBE(0),
    entriesAdded: buffer.readBigInt64BE(8),
    firstId,
    lastId: idAt(32),
    maxDeletedId: idAt(48),
    firstChunk: firstId,
    groupCount: buffer.readUInt32BE(64),
    groupNext: buffer.readUInt32BE(68),
    tailNode: buffer.readUInt32BE(72),
    tailAdded: buffer.readUInt32BE(76),
    tailLeft: buffer.readUInt32BE(80),
  };
}
