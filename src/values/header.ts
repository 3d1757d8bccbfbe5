/**
 * The payload of the record of a hash, set, list or sorted set:
 *
 * | bytes  | field                                                                                      |
 * | ------ | ------------------------------------------------------------------------------------------ |
 * | 1      | bit 0: it is large, its parts stand apart; bits 1 and 2: the encoding, as Redis calls it    |
 * | rest   | small: its entries (packed.ts); large: numbers (varint), the count first                   |
 */
import { assert } from "../base/assert.ts";
import { FieldReader, FieldWriter } from "../base/varint.ts";
import { Packed } from "./packed.ts";

/**
 * What Redis would keep the value in: `compact` a listpack, `integers` an intset, `full` a hash table, skip list or
 * quicklist. Like there a value that has outgrown a form keeps the larger one.
 */
export type Encoding = "compact" | "integers" | "full";

export const ENCODINGS: readonly Encoding[] = ["compact", "integers", "full"];
const LARGE = 1;

/** A small object takes no more bytes than this for its entries; then its parts stand apart. */
export const SMALL_BYTES_MAX = 2048;
/** Nor has it more entries. */
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

/** @throws Error when it is none */
export function decodeHeader(payload: Buffer): Header {
  const reader = new FieldReader(payload);
  const flags = reader.byte();
  const encoding = ENCODINGS[flags >> 1];
  assert(encoding !== undefined, "a known encoding");
  if ((flags & LARGE) === 0) return { isLarge: false, encoding, entries: Packed.read(payload.subarray(1)) };
  const numbers: number[] = [];
  while (!reader.isAtEnd) numbers.push(reader.varint());
  return { isLarge: true, encoding, numbers };
}

/** How many parts a large object has, by its numbers. */
export function countOf([count]: readonly number[]): number {
  assert(count !== undefined, "a large object has its count");
  return count;
}

/** True when entries fit into the record. */
export function isSmall(entries: Packed): boolean {
  return entries.bytes.length <= SMALL_BYTES_MAX && entries.count <= SMALL_ENTRIES_MAX;
}
