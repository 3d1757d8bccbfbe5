/** The slot of a key, as every client of a Redis Cluster computes it: CRC16 (XMODEM) of the key, or of its hash tag. */
import { SLOT_COUNT } from "./view.ts";

const OPEN = "{".charCodeAt(0);
const CLOSE = "}".charCodeAt(0);

/**
 * Keys with the same hash tag, what stands between the first `{` and the first `}` behind it, are in one slot. An empty
 * tag is none.
 */
export function slotOf(key: Buffer): number {
  const open = key.indexOf(OPEN);
  if (open === -1) return crc16(key, 0, key.length) % SLOT_COUNT;
  const close = key.indexOf(CLOSE, open + 1);
  return (close <= open + 1 ? crc16(key, 0, key.length) : crc16(key, open + 1, close)) % SLOT_COUNT;
}

function crc16(bytes: Buffer, from: number, to: number): number {
  let crc = 0;
  for (let at = from; at < to; at += 1) {
    crc = ((crc << 8) & 0xffff) ^ (TABLE[((crc >> 8) ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  }
  return crc;
}

const POLYNOMIAL = 0x1021;

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
  return crc & 0xffff;
});
