/** Integers of 1 to 64 bits in a row of bits, and what becomes of one that does not fit. */

export interface FieldType {
  readonly isSigned: boolean;
  /** 1 to 64, of an unsigned one at most 63. */
  readonly width: number;
}

export type Overflow = "WRAP" | "SAT" | "FAIL";

/** The integer at a bit; what is beyond the end of the string is zero. */
export function readField(value: Buffer, offset: number, { isSigned, width }: FieldType): bigint {
  const firstByte = Math.floor(offset / 8);
  const lastByte = Math.floor((offset + width - 1) / 8);
  let bits = 0n;
  for (let at = firstByte; at <= lastByte; at += 1) bits = (bits << 8n) | BigInt(value[at] ?? 0);
  const behind = BigInt((lastByte + 1) * 8 - offset - width);
  return isSigned ? BigInt.asIntN(width, bits >> behind) : BigInt.asUintN(width, bits >> behind);
}

/** Writes an integer, cut to its width, at a bit; the buffer is long enough. */
export function writeField(value: Buffer, offset: number, { width }: FieldType, field: bigint): void {
  const firstByte = Math.floor(offset / 8);
  const lastByte = Math.floor((offset + width - 1) / 8);
  const behind = BigInt((lastByte + 1) * 8 - offset - width);
  const mask = ((1n << BigInt(width)) - 1n) << behind;
  const bits = (BigInt.asUintN(width, field) << behind) & mask;
  for (let at = lastByte, shift = 0n; at >= firstByte; at -= 1, shift += 8n) {
    const kept = BigInt(value[at] ?? 0) & ~(mask >> shift) & 0xffn;
    value[at] = Number(kept | ((bits >> shift) & 0xffn));
  }
}

/**
 * The sum of a field's value and an increment, as it is to be stored; undefined: it does not fit and `overflow` is FAIL.
 * `value` need not fit itself: SET adds 0 to what it was given.
 */
export function addToField(
  type: FieldType,
  value: bigint,
  increment: bigint,
  overflow: Overflow,
): bigint | undefined {
  const limit = type.isSigned ? signedLimit(type, value, increment) : unsignedLimit(type, value, increment);
  const sum = value + increment;
  if (limit === undefined) return sum;
  if (overflow === "FAIL") return undefined;
  if (overflow === "SAT") return limit;
  return type.isSigned ? BigInt.asIntN(type.width, sum) : BigInt.asUintN(type.width, sum);
}

/**
 * The limit that a sum is beyond; undefined: it fits. The distance to the limits has 64 bits and wraps, as Redis' does: a
 * value far below the lowest of a narrow field counts as beyond the highest.
 */
function signedLimit({ width }: FieldType, value: bigint, increment: bigint): bigint | undefined {
  const max = (1n << BigInt(width - 1)) - 1n;
  const min = -max - 1n;
  const toMax = BigInt.asIntN(64, max - value);
  const toMin = BigInt.asIntN(64, min - value);
  const isNarrow = width !== 64;
  if (value > max || (isNarrow && increment > toMax) || (value >= 0n && increment > 0n && increment > toMax))
    return max;
  if (value < min || (isNarrow && increment < toMin) || (value < 0n && increment < 0n && increment < toMin))
    return min;
  return undefined;
}

function unsignedLimit({ width }: FieldType, given: bigint, increment: bigint): bigint | undefined {
  const max = (1n << BigInt(width)) - 1n;
  const value = BigInt.asUintN(64, given);
  const toMax = BigInt.asIntN(64, max - value);
  const toMin = BigInt.asIntN(64, -value);
  if (value > max || (increment > 0n && increment > toMax)) return max;
  if (increment < 0n && increment < toMin) return 0n;
  return undefined;
}
