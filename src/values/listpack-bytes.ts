/** The bytes that an element takes in a listpack of Redis. The encoding of a list depends on them. */
import { parseInteger } from "../base/integer.ts";

/** The bytes of a listpack besides its elements. */
export const LISTPACK_HEAD_BYTES = 7;

/** An element takes at most so many bytes more than it has with its length before it (packed.ts). */
export const ELEMENT_OVERHEAD_BYTES_MAX = 9;

export function listpackBytes(element: Buffer): number {
  const bytes = encodedBytes(element);
  return (
    bytes + (bytes <= 127 ? 1 : bytes < 16_383 ? 2 : bytes < 2_097_151 ? 3 : bytes < 268_435_455 ? 4 : 5)
  );
}

function encodedBytes(element: Buffer): number {
  const { length } = element;
  const value = parseInteger(element);
  if (value === undefined) return length + (length < 64 ? 1 : length < 4096 ? 2 : 5);
  if (value >= 0n && value <= 127n) return 1;
  if (BigInt.asIntN(13, value) === value) return 2;
  const size = [2, 3, 4].find((bytes) => BigInt.asIntN(bytes * 8, value) === value) ?? 8;
  return 1 + size;
}
