/**
 * CRC-64 with the polynomial of David Jones, 0xad93d23594c935a9, reflected, beginning with 0: the checksum at the
 * end of what DUMP returns. The state is two halves of 32 bits, since numbers are not exact at 64.
 */

/** The checksum in 8 bytes, least significant first. "123456789" gives 0xe9c6d914c4b8d9ca. */
export function crc64(bytes: Buffer): Buffer {
  let high = 0;
  let low = 0;
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (TABLE_LOW[index] ?? 0);
    high = (high >>> 8) ^ (TABLE_HIGH[index] ?? 0);
  }
  const sum = Buffer.allocUnsafe(8);
  sum.writeInt32LE(low, 0);
  sum.writeInt32LE(high, 4);
  return sum;
}

/** The polynomial with its bits in reverse order. */
const POLYNOMIAL = 0x95ac9329ac4bc9b5n;

const TABLE_LOW = new Int32Array(256);
const TABLE_HIGH = new Int32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let rest = BigInt(byte);
  for (let bit = 0; bit < 8; bit += 1) rest = (rest & 1n) === 1n ? (rest >> 1n) ^ POLYNOMIAL : rest >> 1n;
  TABLE_LOW[byte] = Number(BigInt.asIntN(32, rest));
  TABLE_HIGH[byte] = Number(BigInt.asIntN(32, rest >> 32n));
}
