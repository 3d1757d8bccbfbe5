/**
 * The packed forms in which earlier versions of Redis keep small values, and so do their dumps. All numbers have the low
 * byte first unless it says otherwise. The bytes come from a client: nothing is believed.
 *
 * - ziplist: bytes in all u32, place of the last entry u32, number of entries u16, the entries, 0xff. An entry is the
 *   length of the one before it (a byte, or 0xfe and u32), a head that says what it is, and its bytes.
 * - zipmap: number of pairs u8, pairs, 0xff. A pair is a length (a byte, or 0xfe and u32) and the bytes of the name, a
 *   length, a number of unused bytes u8, the bytes of the value, and those unused bytes.
 * - intset: bytes of a number u32, number of numbers u32, the numbers in order.
 */
import { RdbFault } from "./rdb-reader.ts";

const END = 0xff;
const LONG = 0xfe;

/** Takes bytes from the front. */
class Cursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  take(count: number): Buffer {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw new RdbFault("a packed value that ends too early");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

/** The entries of a ziplist. @throws RdbFault when it is none */
export function ziplistEntries(bytes: Buffer): Buffer[] {
  const cursor = new Cursor(bytes);
  if (cursor.take(4).readUInt32LE() !== bytes.length) throw new RdbFault("a ziplist of another length");
  cursor.take(6);
  const entries: Buffer[] = [];
  for (;;) {
    const before = cursor.byte();
    if (before === END) break;
    if (before === LONG) cursor.take(4);
    entries.push(ziplistEntry(cursor));
  }
  if (!cursor.isAtEnd) throw new RdbFault("bytes behind a ziplist");
  return entries;
}

function ziplistEntry(cursor: Cursor): Buffer {
  const head = cursor.byte();
  switch (head >> 6) {
    case 0:
      return cursor.take(head);
    case 1:
      return cursor.take(((head & 0x3f) << 8) | cursor.byte());
    case 2:
      // The high byte first.
      return cursor.take(cursor.take(4).readUInt32BE());
    default:
      return Buffer.from(String(ziplistInteger(cursor, head)), "latin1");
  }
}

function ziplistInteger(cursor: Cursor, head: number): number | bigint {
  switch (head) {
    case 0xc0:
      return cursor.take(2).readInt16LE();
    case 0xd0:
      return cursor.take(4).readInt32LE();
    case 0xe0:
      return cursor.take(8).readBigInt64LE();
    case 0xf0:
      return cursor.take(3).readIntLE(0, 3);
    case 0xfe:
      return cursor.take(1).readInt8();
    default:
      if (head < 0xf1 || head > 0xfd) throw new RdbFault("an entry of no known kind");
      return (head & 0x0f) - 1;
  }
}

/** Names and values of a zipmap by turns. @throws RdbFault when it is none */
export function zipmapEntries(bytes: Buffer): Buffer[] {
  const cursor = new Cursor(bytes);
  cursor.byte();
  const entries: Buffer[] = [];
  for (;;) {
    const first = cursor.byte();
    if (first === END) break;
    entries.push(cursor.take(zipmapLength(cursor, first)));
    const length = zipmapLength(cursor, cursor.byte());
    const unused = cursor.byte();
    entries.push(cursor.take(length));
    cursor.take(unused);
  }
  if (!cursor.isAtEnd) throw new RdbFault("bytes behind a zipmap");
  return entries;
}

function zipmapLength(cursor: Cursor, first: number): number {
  return first === LONG ? cursor.take(4).readUInt32LE() : first;
}

/** The numbers of an intset, as texts. @throws RdbFault when it is none */
export function intsetEntries(bytes: Buffer): Buffer[] {
  const cursor = new Cursor(bytes);
  const size = cursor.take(4).readUInt32LE();
  const count = cursor.take(4).readUInt32LE();
  if (![2, 4, 8].includes(size) || bytes.length !== 8 + size * count) throw new RdbFault("no intset");
  return Array.from({ length: count }, () => {
    const number = cursor.take(size);
    const value =
      size === 2 ? number.readInt16LE() : size === 4 ? number.readInt32LE() : number.readBigInt64LE();
    return Buffer.from(String(value), "latin1");
  });
}
