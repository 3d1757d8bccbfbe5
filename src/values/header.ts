/**
 * The payload of the record of a hash, set, list or sorted set:
 *
 * | bytes  | field                                                                                      |
 * | ------ | ------------------------------------------------------------------------------------------ |
 * | 1      | bit 0: the value is large, with parts of its own; bits 1 and 2: the encoding, as Redis has it |
 * | rest   | small: its entries (packed.ts); large: numbers (varint), the count first                   |
 */
import { assert } from "../base/assert.ts";
import { FieldReader, FieldWriter } from "../base/varint.ts";
import type { KeyRecord } from "../keyspace/records.ts";
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

export function encodeHeader(header: Header): Buffer {
  const flags = (ENCODINGS.indexOf(header.encoding) << 1) | (header.isLarge ? LARGE : 0);
  writer.byte(flags);
  if (header.isLarge) for (const number of header.numbers) writer.varint(number);
  else writer.view(header.entries.bytes);
  return writer.take();
}

/** @throws Error when the payload is invalid */
export function decodeHeader(payload: Buffer): Header {
  const flags = payload[0];
  const encoding = flags === undefined ? undefined : ENCODINGS[flags >> 1];
  assert(flags !== undefined && encoding !== undefined, "a known encoding");
  if ((flags & LARGE) === 0) return { isLarge: false, encoding, entries: Packed.read(payload.subarray(1)) };
  const reader = new FieldReader(payload);
  reader.byte();
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
  return record.decoded === undefined ? decodeHeader(record.payload) : (record.decoded as Header);
}

/** The number of entries of a large object, from the numbers of its header. */
export function countOf([count]: readonly number[]): number {
  assert(count !== undefined, "a large object has its count");
  return count;
}

/** Whether the entries fit into the record. */
export function isSmall(entries: Packed): boolean {
  return entries.bytes.length <= SMALL_BYTES_MAX && entries.count <= SMALL_ENTRIES_MAX;
}
