/**
 * Times at which keys expire: milliseconds since the epoch, up to Redis' 64 bits. Those a number holds exactly are
 * numbers, which every ordinary one is; later ones are bigints. Both compare with each other and with numbers.
 */
import { type Bytes, readU32, readU64, u32, u64 } from "../base/bytes.ts";

export type ExpiryTime = number | bigint;

/** The last time there is. */
export const EXPIRY_TIME_MAX = 2n ** 63n - 1n;

/** In a record, a float64 is a number; with its sign bit set, the other bits are an integer. */
const IS_INTEGER = 1n << 63n;

export function expiryTime(ms: bigint): ExpiryTime {
  return ms <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(ms) : ms;
}

/** Milliseconds from `nowMs` to the time. */
export function timeLeft(time: ExpiryTime, nowMs: number): number | bigint {
  return typeof time === "number" ? time - nowMs : time - BigInt(nowMs);
}

/** Writes 8 bytes. */
export function writeExpiryTime(buffer: Buffer, at: number, time: ExpiryTime): void {
  if (typeof time === "number") buffer.writeDoubleBE(time, at);
  else buffer.writeBigUInt64BE(time | IS_INTEGER, at);
}

export function readExpiryTime(buffer: Buffer, at: number): ExpiryTime {
  const first = buffer[at] ?? 0;
  // Nearly all keys do not expire; of the float64 numbers from 1 on none begins with a zero byte.
  if (first === 0) return 0;
  return first >= 0x80 ? buffer.readBigUInt64BE(at) & ~IS_INTEGER : buffer.readDoubleBE(at);
}

/** 8 bytes that sort as the times do. */
export function sortableExpiryTime(time: ExpiryTime): string {
  return typeof time === "number" ? u64(time) : u32(Number(time >> 32n)) + u32(Number(time & 0xffff_ffffn));
}

/** The time that `sortableExpiryTime` made the bytes of. */
export function expiryTimeAt(bytes: Bytes, offset: number): ExpiryTime {
  const number = readU64(bytes, offset);
  if (number <= Number.MAX_SAFE_INTEGER) return number;
  return (BigInt(readU32(bytes, offset)) << 32n) | BigInt(readU32(bytes, offset + 4));
}
