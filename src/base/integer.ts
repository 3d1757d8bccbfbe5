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
  if (bytes.length <= SHORT_LENGTH) return shortInteger(bytes);
  const digits = bytes.toString("latin1");
  if (!/^(0|-?[1-9][0-9]*)$/.test(digits)) return undefined;
  const value = BigInt(digits);
  return isInteger64(value) ? value : undefined;
}

/** So many characters are a number that a double holds exactly. */
const SHORT_LENGTH = 15;

/** Of few characters: neither a text nor an expression is made of them. */
function shortInteger(bytes: Buffer): bigint | undefined {
  const start = bytes[0] === MINUS ? 1 : 0;
  const first = bytes[start] ?? 0;
  // A zero stands alone.
  if (first < DIGIT_MIN || (first === DIGIT_MIN && bytes.length > 1)) return undefined;
  let value = 0;
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < DIGIT_MIN || byte > DIGIT_MAX) return undefined;
    value = value * 10 + byte - DIGIT_MIN;
  }
  return BigInt(start === 1 ? -value : value);
}

/** Whether a number fits into a signed 64-bit integer. */
export function isInteger64(value: bigint): boolean {
  return value >= INTEGER_MIN && value <= INTEGER_MAX;
}
