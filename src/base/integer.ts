/** Signed 64-bit integers as Redis reads them. */

const INTEGER_MIN = -(2n ** 63n);
const INTEGER_MAX = 2n ** 63n - 1n;
const MINUS = 0x2d;
const DIGIT_MIN = 0x30;
const DIGIT_MAX = 0x39;

/** A signed 64-bit integer in Redis' strict form: no plus, no spaces, no leading zeros. undefined when it is none. */
export function parseInteger(bytes: Buffer): bigint | undefined {
  if (bytes.length === 0 || bytes.length > 20) return undefined;
  // Most texts are none by their first byte: no string is made of them.
  const first = bytes[0] ?? 0;
  if (first !== MINUS && (first < DIGIT_MIN || first > DIGIT_MAX)) return undefined;
  const digits = bytes.toString("latin1");
  if (!/^(0|-?[1-9][0-9]*)$/.test(digits)) return undefined;
  const value = BigInt(digits);
  return isInteger64(value) ? value : undefined;
}

/** Whether a number fits into a signed 64-bit integer. */
export function isInteger64(value: bigint): boolean {
  return value >= INTEGER_MIN && value <= INTEGER_MAX;
}
