/**
 * What is stored of the consumer groups of a stream, under keys of their own (layouts.ts). Numbers are big-endian. Each
 * value begins with a format version. The header of a stream: header.ts, its entries: chunk.ts.
 *
 * | value    | fields                                                                                      |
 * | -------- | ------------------------------------------------------------------------------------------- |
 * | group    | format, number u32, last id, entries read i64, pending f64, consumers u32, next consumer    |
 * |          | u32, lowest pending id, name                                                                |
 * | consumer | format, seen ms f64, active ms f64, pending f64, name                                       |
 * | pending  | format, consumer u32, delivered ms f64, deliveries i64                                      |
 */
import { assert } from "../base/assert.ts";
import { bytesOf, chars } from "../base/bytes.ts";
import { type EntryId, entryIdOfBytes } from "./entry-id.ts";

const FORMAT = 1;
const GROUP_BYTES = 61;
const CONSUMER_BYTES = 25;
const PENDING_BYTES = 21;

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
