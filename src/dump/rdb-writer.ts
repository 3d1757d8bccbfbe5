/**
 * Values as Redis' RDB files hold them, as far as DUMP needs them:
 *
 * | length  | bytes                                                                     |
 * | ------- | ------------------------------------------------------------------------- |
 * | < 2^6   | 00 and 6 bits                                                             |
 * | < 2^14  | 01 and 14 bits, the high ones first                                       |
 * | < 2^32  | 0x80 and 4 bytes, the high ones first                                     |
 * | more    | 0x81 and 8 bytes, the high ones first                                     |
 *
 * A string is its length and its bytes; one that is the decimal text of an integer of up to 32 bits is 0xc0, 0xc1
 * or 0xc2 and 1, 2 or 4 bytes, the low ones first. Strings are not compressed, which readers must not rely on.
 */
import { parseInteger } from "../base/integer.ts";

/** The longest text that is looked at as an integer. */
const INTEGER_TEXT_BYTES_MAX = 11;

export function rdbLength(length: number | bigint): Buffer {
  if (length < 0x40) return Buffer.from([Number(length)]);
  if (length < 0x4000) return Buffer.from([0x40 | (Number(length) >> 8), Number(length) & 0xff]);
  if (length < 0x1_0000_0000) {
    const bytes = Buffer.alloc(5, 0x80);
    bytes.writeUInt32BE(Number(length), 1);
    return bytes;
  }
  const bytes = Buffer.alloc(9, 0x81);
  bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}

export function rdbString(bytes: Buffer): Buffer {
  return integerString(bytes) ?? Buffer.concat([rdbLength(bytes.length), bytes]);
}

function integerString(bytes: Buffer): Buffer | undefined {
  const integer = bytes.length <= INTEGER_TEXT_BYTES_MAX ? parseInteger(bytes) : undefined;
  if (integer === undefined || BigInt.asIntN(32, integer) !== integer) return undefined;
  const value = Number(integer);
  if (value >= -0x80 && value <= 0x7f) return Buffer.from([0xc0, value & 0xff]);
  if (value >= -0x8000 && value <= 0x7fff) {
    const short = Buffer.alloc(3, 0xc1);
    short.writeInt16LE(value, 1);
    return short;
  }
  const long = Buffer.alloc(5, 0xc2);
  long.writeInt32LE(value, 1);
  return long;
}
