/**
 * What is stored of a stream: the header in its key's record, and the values of its parts (layouts.ts). Numbers are
 * big-endian. Each value but a header, whose record has one, begins with a format version.
 *
 * | value    | fields                                                                                      |
 * | -------- | ------------------------------------------------------------------------------------------- |
 * | header   | length f64, entries added i64, first id, last id, highest deleted id, number of groups u32, |
 * |          | next group u32, tail node: number u32, entries added u32, entries left u32                  |
 * | entry    | format, node u32, then each field and value: length u32, bytes                              |
 * | group    | format, number u32, last id, entries read i64, pending f64, consumers u32, next consumer    |
 * |          | u32, lowest pending id, name                                                                |
 * | consumer | format, seen ms f64, active ms f64, pending f64, name                                       |
 * | pending  | format, consumer u32, delivered ms f64, deliveries i64                                      |
 */
import { assert } from "../base/assert.ts";
import { bytesOf, chars } from "../base/bytes.ts";
import { type EntryId, entryIdOfBytes, ID_MIN } from "./entry-id.ts";

const FORMAT = 1;
const HEADER_BYTES = 84;
const GROUP_BYTES = 61;
const CONSUMER_BYTES = 25;
const PENDING_BYTES = 21;
const ENTRY_HEAD_BYTES = 5;

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
  groupCount: number;
  /** Number of the next group. */
  groupNext: number;
  /** The node new entries go to: see stream-trim.ts. */
  tailNode: number;
  tailAdded: number;
  tailLeft: number;
}

/** A mutable working copy; `saveGroup` writes it. */
export interface GroupRecord {
  readonly number: number;
  readonly name: Buffer;
  lastId: EntryId;
  /** How many entries the group has read; -1 when that is not known. */
  entriesRead: bigint;
  pendingCount: number;
  consumerCount: number;
  /** Number of the next consumer. */
  consumerNext: number;
  /**
   * The lowest pending id, if anything is pending: reads begin there, not at the traces of all that was
   * acknowledged a moment ago.
   */
  firstPendingId: EntryId;
}

/** A mutable working copy; `saveGroup` writes it. */
export interface ConsumerRecord {
  readonly name: Buffer;
  /** When it last asked for entries. */
  seenMs: number;
  /** When it last got some; -1 when it never has. */
  activeMs: number;
  pendingCount: number;
}

/** A delivery that was not acknowledged. */
export interface PendingRecord {
  /** Number of the consumer. */
  readonly consumer: number;
  readonly deliveredMs: number;
  readonly deliveryCount: bigint;
}

/** Field, value, field, value … */
export type Fields = readonly Buffer[];

export function newHeader(): StreamHeader {
  return {
    length: 0,
    entriesAdded: 0n,
    firstId: ID_MIN,
    lastId: ID_MIN,
    maxDeletedId: ID_MIN,
    groupCount: 0,
    groupNext: 1,
    tailNode: 0,
    tailAdded: 0,
    tailLeft: 0,
  };
}

export function encodeHeader(header: StreamHeader): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES);
  buffer.writeDoubleBE(header.length, 0);
  buffer.writeBigInt64BE(header.entriesAdded, 8);
  writeId(buffer, header.firstId, 16);
  writeId(buffer, header.lastId, 32);
  writeId(buffer, header.maxDeletedId, 48);
  buffer.writeUInt32BE(header.groupCount, 64);
  buffer.writeUInt32BE(header.groupNext, 68);
  buffer.writeUInt32BE(header.tailNode, 72);
  buffer.writeUInt32BE(header.tailAdded, 76);
  buffer.writeUInt32BE(header.tailLeft, 80);
  return buffer;
}

/** @throws Error when it is none: data is never guessed at */
export function decodeHeader(buffer: Buffer): StreamHeader {
  assert(buffer.length === HEADER_BYTES, "a stream's header");
  return {
    length: buffer.readDoubleBE(0),
    entriesAdded: buffer.readBigInt64BE(8),
    firstId: readId(buffer, 16),
    lastId: readId(buffer, 32),
    maxDeletedId: readId(buffer, 48),
    groupCount: buffer.readUInt32BE(64),
    groupNext: buffer.readUInt32BE(68),
    tailNode: buffer.readUInt32BE(72),
    tailAdded: buffer.readUInt32BE(76),
    tailLeft: buffer.readUInt32BE(80),
  };
}

export function encodeEntry(node: number, fields: Fields): Buffer {
  let length = ENTRY_HEAD_BYTES;
  for (const field of fields) length += 4 + field.length;
  const buffer = Buffer.allocUnsafe(length);
  buffer[0] = FORMAT;
  buffer.writeUInt32BE(node, 1);
  let at = ENTRY_HEAD_BYTES;
  for (const field of fields) {
    buffer.writeUInt32BE(field.length, at);
    field.copy(buffer, at + 4);
    at += 4 + field.length;
  }
  return buffer;
}

/** The fields and values of an entry, as views of `buffer`. @throws Error when it is no entry */
export function fieldsOfEntry(buffer: Buffer): Fields {
  assert(buffer[0] === FORMAT, "a stream entry of a known format");
  const fields: Buffer[] = [];
  let at = ENTRY_HEAD_BYTES;
  while (at < buffer.length) {
    const length = buffer.readUInt32BE(at);
    fields.push(buffer.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  assert(at === buffer.length && fields.length % 2 === 0, "a stream entry of fields and values");
  return fields;
}

/** The number of the node an entry belongs to. */
export function nodeOfEntry(buffer: Buffer): number {
  return buffer.readUInt32BE(1);
}

export function encodeGroup(group: GroupRecord): Buffer {
  const buffer = Buffer.allocUnsafe(GROUP_BYTES + group.name.length);
  buffer[0] = FORMAT;
  buffer.writeUInt32BE(group.number, 1);
  writeId(buffer, group.lastId, 5);
  buffer.writeBigInt64BE(group.entriesRead, 21);
  buffer.writeDoubleBE(group.pendingCount, 29);
  buffer.writeUInt32BE(group.consumerCount, 37);
  buffer.writeUInt32BE(group.consumerNext, 41);
  writeId(buffer, group.firstPendingId, 45);
  group.name.copy(buffer, GROUP_BYTES);
  return buffer;
}

/** @throws Error when it is no group */
export function decodeGroup(buffer: Buffer): GroupRecord {
  assert(buffer.length >= GROUP_BYTES && buffer[0] === FORMAT, "a consumer group of a known format");
  return {
    number: buffer.readUInt32BE(1),
    lastId: readId(buffer, 5),
    entriesRead: buffer.readBigInt64BE(21),
    pendingCount: buffer.readDoubleBE(29),
    consumerCount: buffer.readUInt32BE(37),
    consumerNext: buffer.readUInt32BE(41),
    firstPendingId: readId(buffer, 45),
    name: buffer.subarray(GROUP_BYTES),
  };
}

export function encodeConsumer(consumer: ConsumerRecord): Buffer {
  const buffer = Buffer.allocUnsafe(CONSUMER_BYTES + consumer.name.length);
  buffer[0] = FORMAT;
  buffer.writeDoubleBE(consumer.seenMs, 1);
  buffer.writeDoubleBE(consumer.activeMs, 9);
  buffer.writeDoubleBE(consumer.pendingCount, 17);
  consumer.name.copy(buffer, CONSUMER_BYTES);
  return buffer;
}

/** @throws Error when it is no consumer */
export function decodeConsumer(buffer: Buffer): ConsumerRecord {
  assert(buffer.length >= CONSUMER_BYTES && buffer[0] === FORMAT, "a consumer of a known format");
  return {
    seenMs: buffer.readDoubleBE(1),
    activeMs: buffer.readDoubleBE(9),
    pendingCount: buffer.readDoubleBE(17),
    name: buffer.subarray(CONSUMER_BYTES),
  };
}

export function encodePending(pending: PendingRecord): Buffer {
  const buffer = Buffer.allocUnsafe(PENDING_BYTES);
  buffer[0] = FORMAT;
  buffer.writeUInt32BE(pending.consumer, 1);
  buffer.writeDoubleBE(pending.deliveredMs, 5);
  buffer.writeBigInt64BE(pending.deliveryCount, 13);
  return buffer;
}

/** @throws Error when it is no pending entry */
export function decodePending(buffer: Buffer): PendingRecord {
  assert(buffer.length === PENDING_BYTES && buffer[0] === FORMAT, "a pending entry of a known format");
  return {
    consumer: buffer.readUInt32BE(1),
    deliveredMs: buffer.readDoubleBE(5),
    deliveryCount: buffer.readBigInt64BE(13),
  };
}

function writeId(buffer: Buffer, id: EntryId, at: number): void {
  buffer.write(chars(id), at, "latin1");
}

function readId(buffer: Buffer, at: number): EntryId {
  return entryIdOfBytes(bytesOf(buffer.subarray(at, at + 16)));
}
