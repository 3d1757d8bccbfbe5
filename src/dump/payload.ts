/**
 * What DUMP returns and RESTORE takes, in Redis' layout: a type, the value, the RDB version in 2 bytes and a CRC-64
 * over all before it, both with the low byte first. Strings, streams, hashes, sets, lists and sorted sets are
 * exchanged with Redis both ways.
 */
import { crc64 } from "../base/crc64.ts";
import * as errors from "../protocol/errors.ts";

/** Type of a string. */
export const RDB_STRING = 0;
/** Type of a value of a module: its type's id, and the value in pieces. */
export const RDB_MODULE = 7;

/** What is written: Redis 7.0 and later read it. */
const RDB_VERSION = 10;
/** What is written of a hash, set, list or sorted set: Redis 5 reads it. */
export const RDB_VERSION_OLD = 8;
/** What is read: up to Redis 7.2. */
const RDB_VERSION_MAX = 11;

const VERSION_BYTES = 2;
const CHECKSUM_BYTES = 8;

/** The payload of a type and a value. */
export function sealDump(type: number, ...value: readonly Buffer[]): Buffer {
  return sealAs(RDB_VERSION, type, ...value);
}

/** As sealDump, in a form that an older version has too. */
export function sealAs(rdbVersion: number, type: number, ...value: readonly Buffer[]): Buffer {
  return seal(rdbVersion, [Buffer.of(type), ...value]);
}

/** The payload of libraries of functions, each behind its type. */
export function sealLibraries(parts: readonly Buffer[]): Buffer {
  return seal(RDB_VERSION, parts);
}

function seal(rdbVersion: number, parts: readonly Buffer[]): Buffer {
  const version = Buffer.alloc(VERSION_BYTES);
  version.writeUInt16LE(rdbVersion);
  const body = Buffer.concat([...parts, version]);
  return Buffer.concat([body, crc64(body)]);
}

/** Type and value of a payload. @throws ReplyError when it was made by a newer version or was changed */
export function openDump(payload: Buffer): Buffer {
  const end = payload.length - CHECKSUM_BYTES - VERSION_BYTES;
  if (end < 0 || payload.readUInt16LE(end) > RDB_VERSION_MAX) throw errors.badDump();
  const body = payload.subarray(0, payload.length - CHECKSUM_BYTES);
  if (!crc64(body).equals(payload.subarray(body.length))) throw errors.badDump();
  return payload.subarray(0, end);
}
