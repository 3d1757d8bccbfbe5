/**
 * The payload of the record of a hash, set, list or sorted set:
 *
 * | bytes  | field                                                                                      |
 * | ------ | ------------------------------------------------------------------------------------------ |
 * | 1      | bit 0: the value is large, with parts of its own; bits 1 and 2: the encoding, as Redis has it |
 * | rest   | small: its entries (packed.ts); large: numbers (varint), the count first                   |
 */
import { assert } from "../base/assert.ts";
import { storedBytes } from "../base/stored-bytes.ts";
import { FieldReader, FieldWriter } from "../base/varint.ts";
import { type KeyRecord, PAYLOAD_AT, StoredRecord } from "../keyspace/records.ts";
import { Packed } from "./packed.ts";

/**
 * The encoding that Redis would use: `compact` is a listpack, `integers` an intset, `full` a hash table, skip list or
 * quicklist. As in Redis, a value that has outgrown an encoding keeps the larger one.
 */
export type Encoding = "compact" | "integers" | "full";

export const ENCODINGS: readonly Encoding[] = ["compact", "integers", "full"];
const LARGE = 1;

/** The entries of a small object take at most so many bytes; a larger object has parts of its own. */
export const SMALL_BYTES_MAX = 2048;
/** A small object has at most so many entries. */
export const SMALL_ENTRIES_MAX = 512;

export type Header =
  | { readonly isLarge: false; readonly encoding: Encoding; readonly entries: Packed }
  | { readonly isLarge: true; readonly encoding: Encoding; readonly numbers: readonly number[] };

const writer = new FieldWriter();

/** The payload behind as many bytes as its record has before it, which are anything. */
export function encodeHeader(header: Header, room = 0): Buffer {
  const flags = (ENCODINGS.indexOf(header.encoding) << 1) | (header.isLarge ? LARGE : 0);
  if (!header.isLarge) {
    const { entries } = header;
    const bytes = storedBytes(room + 1 + entries.byteLength);
    bytes[room] = flags;
    entries.copyTo(bytes, room + 1);
    return bytes;
  }
  for (let at = 0; at < room; at += 1) writer.byte(0);
  writer.byte(flags);
  for (const number of header.numbers) writer.varint(number);
  return writer.take(storedBytes);
}

/** Decodes a payload that begins at an offset. @throws Error when it is invalid */
export function decodeHeader(bytes: Buffer, at = 0): Header {
  const flags = bytes[at];
  const encoding = flags === undefined ? undefined : ENCODINGS[flags >> 1];
  assert(flags !== undefined && encoding !== undefined, "a known encoding");
  if ((flags & LARGE) === 0) return { isLarge: false, encoding, entries: Packed.read(bytes, at + 1) };
  const reader = new FieldReader(bytes, at + 1);
  const numbers: number[] = [];
  while (!reader.isAtEnd) numbers.push(reader.varint());
  return { isLarge: true, encoding, numbers };
}

/**
 * What the record of a value says. One that this turn has written of a large value is not decoded again.
 * @throws Error when the payload is invalid
 */
export function headerOf(record: KeyRecord): Header {
  // What a record of a collection keeps decoded is its header (Held.save).
  if (record.decoded !== undefined) return record.decoded as Header;
  // Without a view of the payload.
  return record instanceof StoredRecord
    ? decodeHeader(record.bytes, PAYLOAD_AT)
    : decodeHeader(record.payload);
}

/** The number of entries of a large object, from the numbers of its header. */
export function countOf([count]: readonly number[]): number {
  assert(count !== undefined, "a large object has its count");
  return count;
}

/** Whether the entries fit into the record. */
export function isSmall(entries: Packed): boolean {
  return entries.byteLength <= SMALL_BYTES_MAX && entries.count <= SMALL_ENTRIES_MAX;
}
