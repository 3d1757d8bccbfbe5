/**
 * What is stored of the consumer groups of a stream, under keys of their own (layouts.ts). Numbers are big-endian, or
 * varints (base/varint.ts). Each value begins with a format version. The header of a stream: header.ts, its entries:
 * chunk.ts, pending entries: pending-page.ts.
 *
 * | value    | fields                                                                                       |
 * | -------- | -------------------------------------------------------------------------------------------- |
 * | group    | format 2, number varint, last id 16 bytes, entries read i64, pending varint, consumers       |
 * |          | varint, next consumer varint, then near ids: the lowest pending one, the first page and      |
 * |          | the last page of pending entries, and the name                                               |
 * | consumer | format 1, seen ms f64, active ms f64, pending f64, name                                      |
 *
 * A near id is counted from the last id: milliseconds before it plus 2, and the sequence, as varints; where it is not
 * before it, or not exact in a number, 0 and its 16 bytes. A 1 alone stands for none.
 */
import { assert } from "../base/assert.ts";
import { bytesOf, chars } from "../base/bytes.ts";
import { FieldReader, FieldWriter } from "../base/varint.ts";
import { takeId } from "./chunk.ts";
import { type EntryId, entryId, entryIdOfBytes, ID_BYTES, ID_MIN, safeMsOf, safeSeqOf } from "./entry-id.ts";

const GROUP_FORMAT = 2;
const GROUP_FORMAT_OLD = 1;
const GROUP_OLD_BYTES = 61;
const ID_IN_FULL = 0;
const NO_ID = 1;
const NEAR_MIN = 2;
const CONSUMER_FORMAT = 1;
const CONSUMER_BYTES = 25;

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
  /** The id of the page that it is in. */
  firstPage: EntryId;
  /** The id of the last page, which alone may have no entries; ID_MIN when it is not known. */
  lastPage: EntryId;
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

const writer = new FieldWriter();

export function encodeGroup(group: GroupRecord): Buffer {
  writer.byte(GROUP_FORMAT);
  writer.varint(group.number);
  writer.latin1(chars(group.lastId));
  writer.i64(group.entriesRead);
  writer.varint(group.pendingCount);
  writer.varint(group.consumerCount);
  writer.varint(group.consumerNext);
  writeNear(group.firstPendingId, group.lastId);
  writeNear(group.firstPage, group.lastId);
  writeNear(group.lastPage, group.lastId);
  writer.view(group.name);
  return writer.take();
}

/** @throws Error when it is no group */
export function decodeGroup(value: Buffer): GroupRecord {
  if (value[0] === GROUP_FORMAT_OLD) return decodeOldGroup(value);
  const reader = new FieldReader(value);
  assert(reader.byte() === GROUP_FORMAT, "a consumer group of a known format");
  const number = reader.varint();
  const lastId = takeId(reader);
  return {
    number,
    lastId,
    entriesRead: reader.view(8).readBigInt64BE(0),
    pendingCount: reader.varint(),
    consumerCount: reader.varint(),
    consumerNext: reader.varint(),
    firstPendingId: readNear(reader, lastId),
    firstPage: readNear(reader, lastId),
    lastPage: readNear(reader, lastId),
    name: value.subarray(reader.at),
  };
}

function writeNear(id: EntryId, lastId: EntryId): void {
  const ms = safeMsOf(id);
  const seq = safeSeqOf(id);
  const lastMs = safeMsOf(lastId);
  if (id === ID_MIN) {
    writer.byte(NO_ID);
    return;
  }
  if (ms === undefined || seq === undefined || lastMs === undefined || ms > lastMs) {
    writer.byte(ID_IN_FULL);
    writer.latin1(chars(id));
    return;
  }
  writer.varint(lastMs - ms + NEAR_MIN);
  writer.varint(seq);
}

function readNear(reader: FieldReader, lastId: EntryId): EntryId {
  const before = reader.varint();
  if (before === NO_ID) return ID_MIN;
  if (before === ID_IN_FULL) return takeId(reader);
  return entryId((safeMsOf(lastId) ?? 0) - before + NEAR_MIN, reader.varint());
}

/** What earlier versions wrote: each pending entry is then a page of its own. */
function decodeOldGroup(value: Buffer): GroupRecord {
  assert(value.length >= GROUP_OLD_BYTES, "a consumer group");
  const idAt = (at: number) => entryIdOfBytes(bytesOf(value.subarray(at, at + ID_BYTES)));
  return {
    number: value.readUInt32BE(1),
    lastId: idAt(5),
    entriesRead: value.readBigInt64BE(21),
    pendingCount: value.readDoubleBE(29),
    consumerCount: value.readUInt32BE(37),
    consumerNext: value.readUInt32BE(41),
    firstPendingId: idAt(45),
    firstPage: idAt(45),
    lastPage: ID_MIN,
    name: value.subarray(GROUP_OLD_BYTES),
  };
}

export function encodeConsumer(consumer: ConsumerRecord): Buffer {
  const buffer = Buffer.allocUnsafe(CONSUMER_BYTES + consumer.name.length);
  buffer[0] = CONSUMER_FORMAT;
  buffer.writeDoubleBE(consumer.seenMs, 1);
  buffer.writeDoubleBE(consumer.activeMs, 9);
  buffer.writeDoubleBE(consumer.pendingCount, 17);
  buffer.set(consumer.name, CONSUMER_BYTES);
  return buffer;
}

/** @throws Error when it is no consumer */
export function decodeConsumer(buffer: Buffer): ConsumerRecord {
  assert(buffer.length >= CONSUMER_BYTES && buffer[0] === CONSUMER_FORMAT, "a consumer of a known format");
  return {
    seenMs: buffer.readDoubleBE(1),
    activeMs: buffer.readDoubleBE(9),
    pendingCount: buffer.readDoubleBE(17),
    name: buffer.subarray(CONSUMER_BYTES),
  };
}
