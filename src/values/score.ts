/**
 * Scores as eight bytes that sort like the numbers: the bytes of a double, with all bits inverted if it is negative,
 * and the first bit otherwise. -0 is stored as 0.
 */

export const SCORE_BYTES = 8;
const SIGN = 0x80;

export function sortableScore(score: number): Buffer {
  const bytes = Buffer.allocUnsafe(SCORE_BYTES);
  // -0 is stored as 0.
  bytes.writeDoubleBE(score + 0);
  const first = bytes[0] ?? 0;
  if (first < SIGN) bytes[0] = first | SIGN;
  else for (let at = 0; at < SCORE_BYTES; at += 1) bytes[at] = ~(bytes[at] ?? 0);
  return bytes;
}

const scratch = new DataView(new ArrayBuffer(SCORE_BYTES));

/** Decodes the score at the beginning of an entry. */
export function scoreOfBytes(entry: Buffer): number {
  const [high, low] = [entry.readUInt32BE(0), entry.readUInt32BE(4)];
  const isPositive = high >= SIGN * 0x100_0000;
  scratch.setUint32(0, isPositive ? high & 0x7fff_ffff : ~high);
  scratch.setUint32(4, isPositive ? low : ~low);
  return scratch.getFloat64(0);
}

/** The lowest bytes that are above all entries of a score. */
export function behindScore(score: number): Buffer {
  const bytes = sortableScore(score);
  for (let at = SCORE_BYTES - 1; at >= 0; at -= 1) {
    const byte = bytes[at] ?? 0;
    bytes[at] = (byte + 1) & 255;
    if (byte !== 255) break;
  }
  return bytes;
}
