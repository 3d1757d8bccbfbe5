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
import { RdbFault, RdbReader } from "./rdb-reader.ts";

const END = 0xff;
const LONG = 0xfe;

/** The entries of a ziplist. @throws RdbFault when it is none */
export function ziplistEntries(bytes: Buffer): Buffer[] {
  const reader = new RdbReader(bytes);
  if (reader.bytes(4).readUInt32LE() !== bytes.length) throw new RdbFault("a ziplist of another length");
  reader.bytes(6);
  const entries: Buffer[] = [];
  for (;;) {
    const before = reader.byte();
    if (before === END) break;
    if (before === LONG) reader.bytes(4);
    entries.push(ziplistEntry(reader));
  }
  if (!reader.isAtEnd) throw new RdbFault("bytes behind a ziplist");
  return entries;
}

function ziplistEntry(reader: RdbReader): Buffer {
  const head = reader.byte();
  switch (head >> 6) {
    case 0:
      return reader.bytes(head);
    case 1:
      return reader.bytes(((head & 0x3f) << 8) | reader.byte());
    case 2:
      // The high byte first.
      return reader.bytes(reader.bytes(4).readUInt32BE());
    default:
      return Buffer.from(String(ziplistInteger(reader, head)), "latin1");
  }
}

function ziplistInteger(reader: RdbReader, head: number): number | bigint {
  switch (head) {
    case 0xc0:
      return reader.bytes(2).readInt16LE();
    case 0xd0:
      return reader.bytes(4).readInt32LE();
    case 0xe0:
      return reader.bytes(8).readBigInt64LE();
    case 0xf0:
      return reader.bytes(3).readIntLE(0, 3);
    case 0xfe:
      return reader.bytes(1).readInt8();
    default:
      if (head < 0xf1 || head > 0xfd) throw new RdbFault("an entry of no known kind");
      return (head & 0x0f) - 1;
  }
}

/** Names and values of a zipmap by turns. @throws RdbFault when it is none */
export function zipmapEntries(bytes: Buffer): Buffer[] {
  const reader = new RdbReader(bytes);
  reader.byte();
  const entries: Buffer[] = [];
  for (;;) {
    const first = reader.byte();
    if (first === END) break;
    entries.push(reader.bytes(zipmapLength(reader, first)));
    const length = zipmapLength(reader, reader.byte());
    const unused = reader.byte();
    entries.push(reader.bytes(length));
    reader.bytes(unused);
  }
  if (!reader.isAtEnd) throw new RdbFault("bytes behind a zipmap");
  return entries;
}

function zipmapLength(reader: RdbReader, first: number): number {
  return first === LONG ? reader.bytes(4).readUInt32LE() : first;
}

/** The numbers of an intset, as texts. @throws RdbFault when it is none */
export function intsetEntries(bytes: Buffer): Buffer[] {
  const reader = new RdbReader(bytes);
  const size = reader.bytes(4).readUInt32LE();
  const count = reader.bytes(4).readUInt32LE();
  if (![2, 4, 8].includes(size) || bytes.length !== 8 + size * count) throw new RdbFault("no intset");
  return Array.from({ length: count }, () => {
    const number = reader.bytes(size);
    const value =
      size === 2 ? number.readInt16LE() : size === 4 ? number.readInt32LE() : number.readBigInt64LE();
    return Buffer.from(String(value), "latin1");
  });
}
