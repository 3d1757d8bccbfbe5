/**
 * Ids of stream entries: two unsigned 64-bit numbers, milliseconds and a sequence number. An id is held as its 16
 * bytes, big-endian, so that comparing ids is comparing strings and keys are made by appending; numbers beyond
 * 2^53, which clients may give, need no case of their own.
 */
import { type Bytes, chars, raw, readU32, readU64, u64 } from "../base/bytes.ts";
import type { Place } from "../keyspace/place.ts";

declare const brand: unique symbol;
export type EntryId = Bytes & { readonly [brand]: "entryId" };

const U64_MAX = 2n ** 64n - 1n;
/** The upper half of a number below this one fits into 21 bits, so the number is exact in a float64. */
const SAFE_UPPER_MAX = 2 ** 21;

export const ID_BYTES = 16;
export const ID_MIN = entryId(0, 0);
export const ID_MAX = entryIdOf(U64_MAX, U64_MAX);

/** An id of two safe integers. */
export function entryId(ms: number, seq: number): EntryId {
  return asId(u64(ms) + u64(seq));
}

/** An id of two numbers from 0 to 2^64 - 1. */
export function entryIdOf(ms: bigint, seq: bigint): EntryId {
  return asId(u64OfBigint(ms) + u64OfBigint(seq));
}

/** Takes 16 bytes from a key or a record for an id. */
export function entryIdOfBytes(bytes: Bytes): EntryId {
  return asId(chars(bytes));
}

/** The id that is in 16 bytes from `at` on. */
export function entryIdAt(bytes: Uint8Array, at: number): EntryId {
  const byte = (index: number) => bytes[at + index] ?? 0;
  // All at once: a string made by the runtime from a buffer takes three times as long.
  return asId(
    String.fromCharCode(
      byte(0),
      byte(1),
      byte(2),
      byte(3),
      byte(4),
      byte(5),
      byte(6),
      byte(7),
      byte(8),
      byte(9),
      byte(10),
      byte(11),
      byte(12),
      byte(13),
      byte(14),
      byte(15),
    ),
  );
}

/** The milliseconds of an id as a number; undefined when they are beyond what one holds exactly. */
export function safeMsOf(id: EntryId): number | undefined {
  return safeNumber(id, 0);
}

/** The sequence number of an id, as `safeMsOf`. */
export function safeSeqOf(id: EntryId): number | undefined {
  return safeNumber(id, 8);
}

export function msOf(id: EntryId): bigint {
  return bigintAt(id, 0);
}

export function seqOf(id: EntryId): bigint {
  return bigintAt(id, 8);
}

/** The id as clients read it: `1700000000000-0`. */
export function formatId(id: EntryId): string {
  return `${msText(id)}-${seqText(id)}`;
}

/** The sequence number of an id in decimal digits. */
export function seqText(id: EntryId): string {
  return numberText(id, 8);
}

/** Most ids that are reported follow each other within a millisecond, or nearly. */
let lastMs = -1;
let lastMsText = "";

/** The milliseconds of an id in decimal digits. */
export function msText(id: EntryId): string {
  const ms = safeMsOf(id);
  if (ms === undefined) return numberText(id, 0);
  if (ms !== lastMs) {
    lastMs = ms;
    lastMsText = String(ms);
  }
  return lastMsText;
}

/** The id after this one; undefined after the last. */
export function idAfter(id: EntryId): EntryId | undefined {
  if (id === ID_MAX) return undefined;
  const safe = safeSeqOf(id);
  if (safe !== undefined && safe < Number.MAX_SAFE_INTEGER)
    return asId(chars(id).slice(0, 8) + u64(safe + 1));
  const seq = seqOf(id);
  return seq === U64_MAX ? entryIdOf(msOf(id) + 1n, 0n) : asId(chars(id).slice(0, 8) + u64OfBigint(seq + 1n));
}

/** The first id from this one on, within its millisecond, that no other partition of a cluster gives. */
export function idOfPlace(
  id: EntryId | undefined,
  { number, count }: Pick<Place, "number" | "count">,
): EntryId | undefined {
  if (count === 1 || id === undefined) return id;
  const seq = seqOf(id);
  const wide = BigInt(count);
  const own = seq + ((((BigInt(number) - seq) % wide) + wide) % wide);
  return own > U64_MAX ? undefined : entryIdOf(msOf(id), own);
}

/** The id before this one; undefined before the first. */
export function idBefore(id: EntryId): EntryId | undefined {
  if (id === ID_MIN) return undefined;
  const seq = seqOf(id);
  return seq === 0n ? entryIdOf(msOf(id) - 1n, U64_MAX) : asId(chars(id).slice(0, 8) + u64OfBigint(seq - 1n));
}

/** The first id of this millisecond, or, if that is not above `last`, the id after `last`; undefined when there is none. */
export function autoId(nowMs: number, last: EntryId): EntryId | undefined {
  const id = entryId(nowMs, 0);
  return id > last ? id : idAfter(last);
}

/**
 * The next id with a given time (`ms-*`): sequence 0, or one after `last` if that has the same time. undefined
 * when no such id is above `last`.
 */
export function autoSequence(ms: bigint, last: EntryId): EntryId | undefined {
  const first = entryIdOf(ms, 0n);
  if (first > last) return first;
  return msOf(last) === ms && seqOf(last) < U64_MAX ? idAfter(last) : undefined;
}

function asId(latin1: string): EntryId {
  // The one place where ids are made: every caller passes 16 bytes.
  return raw(latin1) as EntryId;
}

function u64OfBigint(value: bigint): string {
  if (value <= Number.MAX_SAFE_INTEGER) return u64(Number(value));
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(value);
  return bytes.toString("latin1");
}

function bigintAt(id: EntryId, offset: number): bigint {
  return (BigInt(readU32(id, offset)) << 32n) | BigInt(readU32(id, offset + 4));
}

function safeNumber(id: EntryId, offset: number): number | undefined {
  return readU32(id, offset) < SAFE_UPPER_MAX ? readU64(id, offset) : undefined;
}

function numberText(id: EntryId, offset: number): string {
  return readU32(id, offset) < SAFE_UPPER_MAX ? String(readU64(id, offset)) : String(bigintAt(id, offset));
}
