/**
 * The hash of a name, 48 bits. It orders the fields of a large hash and the members of a large set, so that the cursor
 * of a scan is a number and a random one can be drawn. The hash is part of the format of the store.
 */

/** The highest hash plus one. */
export const NAME_HASH_END = 2 ** 48;

const HALF = 2 ** 24;

/** The hash of a name, as six bytes whose order is that of the numbers. */
export function nameHash(name: Buffer): string {
  let a = 0x2545f491;
  let b = 0x5bd1e995;
  for (let at = 0; at < name.length; at += 1) {
    const byte = name[at] ?? 0;
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b + byte + 1, 0x7feb352d);
    b ^= b >>> 13;
  }
  return six(mixed(a ^ name.length) & (HALF - 1), mixed(b) & (HALF - 1));
}

/** The six bytes of a number below NAME_HASH_END. */
export function hashBytes(hash: number): string {
  return six(Math.floor(hash / HALF), hash % HALF);
}

/** The number of six bytes. */
export function hashNumber(bytes: string): number {
  let value = 0;
  for (let at = 0; at < bytes.length; at += 1) value = value * 256 + bytes.charCodeAt(at);
  return value;
}

function six(high: number, low: number): string {
  return String.fromCharCode(
    high >>> 16,
    (high >>> 8) & 255,
    high & 255,
    low >>> 16,
    (low >>> 8) & 255,
    low & 255,
  );
}

/** Spreads each bit over all bits. */
function mixed(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = Math.imul(bits, 0x21f0aaad);
  bits ^= bits >>> 15;
  bits = Math.imul(bits, 0x735a2d97);
  return bits ^ (bits >>> 15);
}
