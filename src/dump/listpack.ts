/**
 * Listpacks, in which Redis keeps the entries of a stream: a head (all bytes u32, number of elements u16, the low bytes
 * first), the elements, and 0xff. An element is one of these, and then its length, so that it can be read backwards: 7
 * bits a byte, the high ones first, with the top bit set in all bytes but the first.
 *
 * | element                | bytes                                                                  |
 * | ---------------------- | ---------------------------------------------------------------------- |
 * | 0 to 127               | 0 and 7 bits                                                           |
 * | text below 64 bytes    | 10 and 6 bits, the bytes                                               |
 * | integer of 13 bits     | 110 and 13 bits, the high ones first                                   |
 * | text below 4096 bytes  | 1110 and 12 bits, the high ones first, the bytes                       |
 * | text                   | 0xf0 and u32, the bytes                                                |
 * | integer                | 0xf1, 0xf2, 0xf3 or 0xf4 and 2, 3, 4 or 8 bytes                        |
 *
 * A text that is the decimal form of an integer of 64 bits is written as one; both are read as text.
 */
import { parseInteger } from "../base/integer.ts";
import { RdbFault } from "./rdb-reader.ts";

const HEAD_BYTES = 6;
const END = 0xff;
/** What stands for a number of elements that does not fit. */
const COUNT_UNKNOWN = 0xffff;

/** The listpack of some elements. */
export function listpack(elements: ReadonlyArray<Buffer | bigint>): Buffer {
  const parts: Buffer[] = [Buffer.alloc(HEAD_BYTES)];
  for (const element of elements) {
    const encoded = typeof element === "bigint" ? integer(element) : text(element);
    parts.push(...encoded, backLength(encoded.reduce((sum, { length }) => sum + length, 0)));
  }
  parts.push(Buffer.from([END]));
  const packed = Buffer.concat(parts);
  packed.writeUInt32LE(packed.length, 0);
  packed.writeUInt16LE(Math.min(elements.length, COUNT_UNKNOWN), 4);
  return packed;
}

function text(bytes: Buffer): Buffer[] {
  const { length } = bytes;
  const value = parseInteger(bytes);
  if (value !== undefined) return integer(value);
  if (length < 0x40) return [Buffer.from([0x80 | length]), bytes];
  if (length < 0x1000) return [Buffer.from([0xe0 | (length >> 8), length & 0xff]), bytes];
  const head = Buffer.alloc(5, 0xf0);
  head.writeUInt32LE(length, 1);
  return [head, bytes];
}

function integer(value: bigint): Buffer[] {
  if (value >= 0n && value <= 127n) return [Buffer.from([Number(value)])];
  if (BigInt.asIntN(13, value) === value) {
    const bits = Number(BigInt.asUintN(13, value));
    return [Buffer.from([0xc0 | (bits >> 8), bits & 0xff])];
  }
  const size = [2, 3, 4].find((bytes) => BigInt.asIntN(bytes * 8, value) === value) ?? 8;
  const encoded = Buffer.alloc(9);
  encoded.writeBigInt64LE(value, 1);
  encoded[0] = 0xf0 + (size === 8 ? 4 : size - 1);
  return [encoded.subarray(0, 1 + size)];
}

/** Lengths up to which one byte more will do, as Redis has them: the largest of two bytes is given three. */
const BACK_LENGTHS = [0x7f, 0x3fff - 1, 0x1f_ffff - 1, 0xfff_ffff - 1];

function backLength(length: number): Buffer {
  const shorter = BACK_LENGTHS.filter((limit) => length > limit).length;
  const bytes = Array.from({ length: shorter + 1 }, (_, index) => {
    const bits = Math.floor(length / 2 ** (7 * (shorter - index))) % 128;
    return index === 0 ? bits : bits | 0x80;
  });
  return Buffer.from(bytes);
}

/** The elements of a listpack, one after the other. The bytes come from a client: nothing is believed. */
export class ListpackReader {
  readonly #bytes: Buffer;
  #at = HEAD_BYTES;

  /** @throws RdbFault when it is none */
  constructor(bytes: Buffer) {
    if (bytes.length <= HEAD_BYTES || bytes.readUInt32LE(0) !== bytes.length || bytes.at(-1) !== END) {
      throw new RdbFault("no listpack");
    }
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length - 1;
  }

  /** @throws RdbFault when the next element is no integer */
  integer(): bigint {
    const element = this.#next();
    if (typeof element !== "bigint") throw new RdbFault("a string in place of an integer");
    return element;
  }

  /** The next element as a text. @throws RdbFault when there is none */
  text(): Buffer {
    const element = this.#next();
    return typeof element === "bigint" ? Buffer.from(String(element), "latin1") : element;
  }

  #next(): Buffer | bigint {
    const start = this.#at;
    const element = this.#element(this.#take(1)[0] ?? END);
    const back = backLength(this.#at - start);
    if (!this.#take(back.length).equals(back)) throw new RdbFault("an element of another length");
    return element;
  }

  #element(first: number): Buffer | bigint {
    if (first < 0x80) return BigInt(first);
    if (first < 0xc0) return this.#take(first & 0x3f);
    if (first < 0xe0) return BigInt.asIntN(13, BigInt(((first & 0x1f) << 8) | this.#byte()));
    if (first < 0xf0) return this.#take(((first & 0x0f) << 8) | this.#byte());
    switch (first) {
      case 0xf0:
        return this.#take(this.#take(4).readUInt32LE());
      case 0xf1:
        return BigInt(this.#take(2).readInt16LE());
      case 0xf2:
        return BigInt(this.#take(3).readIntLE(0, 3));
      case 0xf3:
        return BigInt(this.#take(4).readInt32LE());
      case 0xf4:
        return this.#take(8).readBigInt64LE();
      default:
        throw new RdbFault("an element of no known kind");
    }
  }

  #byte(): number {
    return this.#take(1)[0] ?? 0;
  }

  #take(count: number): Buffer {
    const end = this.#at + count;
    if (end >= this.#bytes.length) throw new RdbFault("a listpack that ends too early");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

/** All elements of a listpack as texts. @throws RdbFault when it is none */
export function listpackEntries(bytes: Buffer): Buffer[] {
  const reader = new ListpackReader(bytes);
  const entries: Buffer[] = [];
  while (!reader.isAtEnd) entries.push(reader.text());
  return entries;
}
