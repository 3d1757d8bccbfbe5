/**
 * Scores in eight bytes whose order is that of the numbers: those of a double, with all bits turned of a negative one
 * and the first bit of any other. -0 is 0.
 */

export const SCORE_BYTES = 8;
const SIGN = 0x80;

export function sortableScore(score: number): Buffer {
  const bytes = Buffer.allocUnsafe(SCORE_BYTES);
  // -0 and 0 are 0.
  bytes.writeDoubleBE(score + 0);
  const first = bytes[0] ?? 0;
  if (first < SIGN) bytes[0] = first | SIGN;
  else for (let at = 0; at < SCORE_BYTES; at += 1) bytes[at] = ~(bytes[at] ?? 0);
  return bytes;
}

const scratch = new DataView(new ArrayBuffer(SCORE_BYTES));

/** The score at the beginning of an entry. */
export function scoreOfBytes(entry: Buffer): number {
  const [high, low] = [entry.readUInt32BE(0), entry.readUInt32BE(4)];
  const isPositive = high >= SIGN * 0x100_0000;
  scratch.setUint32(0, isPositive ? high & 0x7fff_ffff : ~high);
  scratch.setUint32(4, isPositive ? low : ~low);
  return scratch.getFloat64(0);
}

/** The bytes that follow those of a score: no entry of the score is above, none of a higher one below. */
export function behindScore(score: number): Buffer {
  const bytes = sortableScore(score);
  for (let at = SCORE_BYTES - 1; at >= 0; at -= 1) {
    const byte = bytes[at] ?? 0;
    bytes[at] = (byte + 1) & 255;
    if (byte !== 255) break;
  }
  return bytes;
}
