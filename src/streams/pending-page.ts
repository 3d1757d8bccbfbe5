/**
 * Pending entries of a consumer group that follow each other, as one value: a page. What a consumer is given together
 * is written together, and who works through a stream writes the same page over and over.
 *
 * | field       | bytes  |                                                                                    |
 * | ----------- | ------ | ---------------------------------------------------------------------------------- |
 * | format      | 1      | 2; 1: a page of one entry, its id in the key, as earlier versions wrote them       |
 * | consumers   | varint | number of the consumers that may have entries here (pending.ts), then the number   |
 * |             | varint | of each                                                                            |
 * | entries     | varint | number of entries                                                                  |
 * | time        | f64    | a time of delivery that the others are counted from; absent without entries        |
 * | per entry:  |        |                                                                                    |
 * | ms          | varint | milliseconds after those of the page's id, plus 1; 0: the id follows in full, in   |
 * |             |        | 16 bytes                                                                           |
 * | sequence    | varint | absent when the id is in full                                                  |
 * | consumer    | varint | the consumer's number                                                              |
 * | delivered   | varint | milliseconds after the time above, doubled, plus 1, or plus 2 for those before it; |
 * |             |        | 0: the time follows as f64                                                         |
 * | deliveries  | varint | number of deliveries, plus 1; 0: it follows as i64                                 |
 */
import { assert } from "../base/assert.ts";
import { chars } from "../base/bytes.ts";
import { FieldReader, FieldWriter, varintBytes } from "../base/varint.ts";
import { takeId } from "./chunk.ts";
import { type EntryId, entryId, safeMsOf, safeSeqOf } from "./entry-id.ts";

/** A delivery that was not acknowledged. */
export interface PendingEntry {
  readonly id: EntryId;
  /** Number of the consumer. */
  readonly consumer: number;
  readonly deliveredMs: number;
  readonly deliveryCount: bigint;
}

export interface PendingPage {
  /** The id in its key, at or below those of its entries. */
  readonly id: EntryId;
  /** The consumers that are listed as having entries here; each that has some is. */
  readonly consumers: readonly number[];
  /** In the order of their ids. */
  readonly entries: readonly PendingEntry[];
  /** What is stored of it, where all that has changed since is that entries came behind those it had. */
  readonly stored?: StoredPart | undefined;
}

interface StoredPart {
  readonly value: Buffer;
  /** Entries in it, one at least. */
  readonly count: number;
}

/** The page together with the value it was read from or encoded to. */
export function withStored({ id, consumers, entries }: PendingPage, value: Buffer): PendingPage {
  const stored = value[0] === FORMAT && entries.length > 0 ? { value, count: entries.length } : undefined;
  return { id, consumers, entries, stored };
}

/** A page takes no further entry beyond so many. */
export const PAGE_ENTRIES_MAX = 32;

const FORMAT = 2;
const FORMAT_SINGLE = 1;
const SINGLE_BYTES = 21;
/** Times further apart than this are in full. */
const DELIVERED_DISTANCE_MAX = 2 ** 51;

const writer = new FieldWriter();

export function encodePage(page: PendingPage): Buffer {
  const { entries, stored } = page;
  const timeMs = entries[0]?.deliveredMs ?? 0;
  if (stored === undefined) writeHead(page, timeMs);
  else copyStored(page, stored);
  const pageMs = safeMsOf(page.id);
  for (let index = stored?.count ?? 0; index < entries.length; index += 1) {
    const entry = entries[index];
    assert(entry !== undefined, "an entry of the page");
    const { id, consumer, deliveredMs, deliveryCount } = entry;
    writeId(id, pageMs);
    writer.varint(consumer);
    writeDelivered(deliveredMs, timeMs);
    writeCount(deliveryCount);
  }
  return writer.take();
}

function writeHead({ consumers, entries }: PendingPage, timeMs: number): void {
  writer.byte(FORMAT);
  writer.varint(consumers.length);
  for (const consumer of consumers) writer.varint(consumer);
  writer.varint(entries.length);
  if (entries.length > 0) writer.f64(timeMs);
}

/** Most pages grow: what is stored is copied, but for the number of entries, which is one byte then and now. */
function copyStored({ consumers, entries }: PendingPage, { value }: StoredPart): void {
  let countAt = 1 + varintBytes(consumers.length);
  for (const consumer of consumers) countAt += varintBytes(consumer);
  writer.view(value.subarray(0, countAt));
  writer.byte(entries.length);
  writer.view(value.subarray(countAt + 1));
}

function writeId(id: EntryId, pageMs: number | undefined): void {
  const ms = safeMsOf(id);
  const seq = safeSeqOf(id);
  if (
    pageMs === undefined ||
    ms === undefined ||
    seq === undefined ||
    ms - pageMs >= Number.MAX_SAFE_INTEGER
  ) {
    writer.byte(0);
    writer.latin1(chars(id));
    return;
  }
  writer.varint(ms - pageMs + 1);
  writer.varint(seq);
}

function writeDelivered(deliveredMs: number, timeMs: number): void {
  const distance = deliveredMs - timeMs;
  const isNear = Math.abs(distance) <= DELIVERED_DISTANCE_MAX && Number.isInteger(distance);
  if (isNear && timeMs + distance === deliveredMs) {
    writer.varint(distance < 0 ? 2 - 2 * distance : 2 * distance + 1);
    return;
  }
  writer.byte(0);
  writer.f64(deliveredMs);
}

function writeCount(count: bigint): void {
  if (count >= 0n && count < MAX_SAFE) {
    writer.varint(Number(count) + 1);
    return;
  }
  writer.byte(0);
  writer.i64(count);
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** `id` is that in the key. @throws Error when it is no page */
export function decodePage(id: EntryId, value: Buffer): PendingPage {
  if (value[0] === FORMAT_SINGLE) return decodeSingle(id, value);
  const reader = new FieldReader(value);
  assert(reader.byte() === FORMAT, "pending entries of a known format");
  const consumers: number[] = [];
  for (let left = reader.varint(); left > 0; left -= 1) consumers.push(reader.varint());
  const entries: PendingEntry[] = [];
  let left = reader.varint();
  const timeMs = left > 0 ? reader.view(8).readDoubleBE(0) : 0;
  const pageMs = safeMsOf(id) ?? 0;
  for (; left > 0; left -= 1) {
    entries.push({
      id: readId(reader, pageMs),
      consumer: reader.varint(),
      deliveredMs: readDelivered(reader, timeMs),
      deliveryCount: readCount(reader),
    });
  }
  assert(reader.isAtEnd, "a page of pending entries and nothing behind it");
  return { id, consumers, entries };
}

function readId(reader: FieldReader, pageMs: number): EntryId {
  const ms = reader.varint();
  return ms === 0 ? takeId(reader) : entryId(pageMs + ms - 1, reader.varint());
}

function readDelivered(reader: FieldReader, timeMs: number): number {
  const coded = reader.varint();
  if (coded === 0) return reader.view(8).readDoubleBE(0);
  return coded % 2 === 1 ? timeMs + (coded - 1) / 2 : timeMs - (coded - 2) / 2;
}

function readCount(reader: FieldReader): bigint {
  const count = reader.varint();
  if (count > 0) return count === 2 ? 1n : BigInt(count - 1);
  return reader.view(8).readBigInt64BE(0);
}

function decodeSingle(id: EntryId, value: Buffer): PendingPage {
  assert(value.length === SINGLE_BYTES, "a pending entry");
  const consumer = value.readUInt32BE(1);
  const entry = {
    id,
    consumer,
    deliveredMs: value.readDoubleBE(5),
    deliveryCount: value.readBigInt64BE(13),
  };
  return { id, consumers: [consumer], entries: [entry] };
}

/** Where an id stands among the entries of a page, or would. */
export function indexInPage({ entries }: PendingPage, id: EntryId): number {
  let low = 0;
  let high = entries.length;
  // What is new comes behind all.
  if (high > 0 && id > (entries[high - 1]?.id ?? id)) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.id ?? id) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
