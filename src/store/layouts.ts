/**
 * THE table of key layouts: every key in the store is composed here. All numbers are big-endian, so byte
 * order is number order. `phys` is the physical number of a database: SWAPDB and FLUSHDB change which one a
 * database index stands for and move no keys. `id` is the number of a key's object, unique in the store, kept
 * through RENAME and given anew when the key is replaced by something else.
 *
 * | space | fields                       | value                                              |
 * | ----- | ---------------------------- | -------------------------------------------------- |
 * | m     | name                         | facts about the store: format, next id, databases  |
 * | c     | name                         | a counter (float64)                                |
 * | k     | phys u32, user key           | the key's record (records.ts)                      |
 * | o     | phys u32, id u64             | the user key: order of SCAN, way from id to key    |
 * | v     | id u64                       | a long string's bytes                              |
 * | x     | due ms u64, phys u32, id u64 | the user key: expiry, earliest first               |
 * | g     | kind, number u64             | what is to be removed piece by piece               |
 *
 * A user key longer than USER_KEY_BYTES_MAX stands in `k` as its SHA-256 (LMDB keys are at most 1978 bytes);
 * `o` has it in full.
 */
import { createHash } from "node:crypto";
import type { Bytes } from "../base/bytes.ts";
import { chars, raw, readU32, readU64, u32, u64 } from "../base/bytes.ts";

/** A user key up to this length is stored as it is. */
export const USER_KEY_BYTES_MAX = 1024;

/** Keys with this prefix, as a half-open range. */
export interface Range {
  readonly from: Bytes;
  readonly to: Bytes;
}

export function metaKey(name: string): Bytes {
  return raw(`m${name}`);
}

export function counterKey(name: string): Bytes {
  return raw(`c${name}`);
}

/** The prefix of all keys of a database in a space, for the callers that compose many. */
export function databasePrefix(space: "k" | "o", phys: number): string {
  return space + u32(phys);
}

/** `prefix` is databasePrefix("k", phys). */
export function recordKey(prefix: string, userKey: Bytes): Bytes {
  const text = chars(userKey);
  return text.length <= USER_KEY_BYTES_MAX ? raw(`${prefix}\0${text}`) : raw(`${prefix}\x01${digest(text)}`);
}

/** `prefix` is databasePrefix("o", phys). */
export function orderKey(prefix: string, id: number): Bytes {
  return raw(prefix + u64(id));
}

/** The id in a key of the `o` space. */
export function idOfOrderKey(key: Bytes): number {
  return readU64(key, 5);
}

export function longStringKey(id: number): Bytes {
  return raw(`v${u64(id)}`);
}

export function idOfLongStringKey(key: Bytes): number {
  return readU64(key, 1);
}

export function expiryKey(dueMs: number, phys: number, id: number): Bytes {
  return raw(`x${u64(dueMs)}${u32(phys)}${u64(id)}`);
}

export function expiryFields(key: Bytes): {
  readonly dueMs: number;
  readonly phys: number;
  readonly id: number;
} {
  return { dueMs: readU64(key, 1), phys: readU32(key, 9), id: readU64(key, 13) };
}

/** Every expiry due at or before `dueMs`. */
export function expiriesUpTo(dueMs: number): Range {
  return { from: raw("x"), to: raw(`x${u64(dueMs + 1)}`) };
}

/** `kind` is one letter that says what the number names. */
export function garbageKey(kind: string, number: number): Bytes {
  return raw(`g${kind}${u64(number)}`);
}

/** Every entry of a kind of garbage. */
export function garbageSpace(kind: string): Range {
  return prefixRange(`g${kind}`);
}

export function garbageFields(key: Bytes): { readonly kind: string; readonly number: number } {
  return { kind: chars(key).charAt(1), number: readU64(key, 2) };
}

/** Every key that begins with `prefix`. */
export function prefixRange(prefix: string): Range {
  return { from: raw(prefix), to: raw(successor(prefix)) };
}

/** The first byte string after all those that begin with `prefix`. */
function successor(prefix: string): string {
  let end = prefix.length;
  while (end > 0 && prefix.charCodeAt(end - 1) === 255) end -= 1;
  if (end === 0) return "\xff".repeat(prefix.length + 1);
  return prefix.slice(0, end - 1) + String.fromCharCode(prefix.charCodeAt(end - 1) + 1);
}

function digest(text: string): string {
  return createHash("sha256").update(Buffer.from(text, "latin1")).digest().toString("latin1");
}
