/**
 * Arrays as PostgreSQL receives them in binary, each in one buffer, which pg hands on as it is. As a list of buffers they would
 * become hexadecimal text, twice as long and parsed at the other end.
 */
import { type Bytes, chars } from "../../base/bytes.ts";

const HEAD_BYTES = 20;
const BYTEA = 17;
const INT8 = 20;
const NULL = -1;

/** For a parameter of the type bytea[]. A key is written as its bytes. */
export function byteaArray(items: readonly (Buffer | Bytes)[]): Buffer {
  let bytes = HEAD_BYTES;
  for (const item of items) bytes += 4 + lengthOf(item);
  const buffer = Buffer.allocUnsafe(bytes);
  let position = writeHead(buffer, BYTEA, items.length, false);
  for (const item of items) {
    const length = lengthOf(item);
    position = buffer.writeInt32BE(length, position);
    if (Buffer.isBuffer(item)) buffer.set(item, position);
    else buffer.write(chars(item), position, "latin1");
    position += length;
  }
  return buffer;
}

/** For a parameter of the type bigint[]: safe integers, or undefined for null. */
export function bigintArray(items: readonly (number | undefined)[]): Buffer {
  const buffer = Buffer.allocUnsafe(HEAD_BYTES + items.length * 12);
  let position = writeHead(buffer, INT8, items.length, true);
  for (const item of items) {
    if (item === undefined) position = buffer.writeInt32BE(NULL, position);
    else {
      position = buffer.writeInt32BE(8, position);
      position = buffer.writeInt32BE(Math.floor(item / 2 ** 32), position);
      position = buffer.writeUInt32BE(item - Math.floor(item / 2 ** 32) * 2 ** 32, position);
    }
  }
  return buffer.subarray(0, position);
}

/** One dimension, counted from 1. */
function writeHead(buffer: Buffer, type: number, length: number, hasNull: boolean): number {
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(hasNull ? 1 : 0, 4);
  buffer.writeInt32BE(type, 8);
  buffer.writeInt32BE(length, 12);
  return buffer.writeInt32BE(1, 16);
}

function lengthOf(item: Buffer | Bytes): number {
  return Buffer.isBuffer(item) ? item.length : chars(item).length;
}
