/**
 * The record of a commit in a journal, little-endian:
 *
 * | bytes | field                                                                             |
 * | ----- | --------------------------------------------------------------------------------- |
 * | 4     | marker, so that records behind a damaged one can be found                          |
 * | 4     | bytes of the body                                                                 |
 * | 4     | CRC-32 of all that follows, begun with the salt of the file                       |
 * | 4     | number of writes; the highest bit: there are redo records, the next one: a time    |
 * | 8     | sequence of the commit (float64), one more than that of the commit before         |
 * | 8     | the highest sequence known to be on disk when this record was written (float64)   |
 * | time  | when the commit was made, ms since the epoch (float64)                            |
 * | redo  | number u32, then per redo record: bytes u32, the record                           |
 * | body  | per write: key bytes u16, value bytes u32 (all ones: a removal), key, value       |
 *
 * The salt is drawn anew each time a file is taken into use, so that neither what an earlier use left in the
 * file nor what a client put into a value can pass for a record.
 */
import { crc32 } from "node:zlib";
import { assert } from "../base/assert.ts";
import { chars, raw } from "../base/bytes.ts";
import type { Write } from "./ordered-store.ts";

/** What a commit consists of. */
export interface Commit {
  readonly redo: readonly Buffer[];
  readonly writes: readonly Write[];
  /** When it was made, by the server's clock; undefined: not known. */
  readonly atMs?: number | undefined;
}

export const RECORD_HEAD_BYTES = 32;
export const RECORD_MARKER = Buffer.from("\xc3JR\x1a", "latin1");
const MARKER = RECORD_MARKER.readUInt32LE(0);
const CRC_FROM = 12;
const WRITE_HEAD_BYTES = 6;
/** Of the number of writes: the record has redo records. */
const HAS_REDO = 0x8000_0000;
/** And a time. */
const HAS_TIME = 0x4000_0000;
const TIME_BYTES = 8;
const LENGTH_BYTES = 4;
const REMOVAL = 0xffff_ffff;
/** A scratch buffer up to this size is kept for the next record. */
const SCRATCH_BYTES_MAX = 4 * 1024 * 1024;

export interface RecordHead {
  readonly sequence: number;
  readonly syncedSequence: number;
}

/** Encodes into a buffer of its own that the next call overwrites. */
export class RecordEncoder {
  #scratch = Buffer.allocUnsafeSlow(64 * 1024);

  encode({ redo, writes, atMs }: Commit, head: RecordHead, salt: number): Buffer {
    const buffer = this.#room(recordBytes(writes) + redoBytes(redo) + TIME_BYTES);
    let position = RECORD_HEAD_BYTES;
    if (atMs !== undefined) position = buffer.writeDoubleLE(atMs, position);
    position = encodeRedo(buffer, position, redo);
    for (const [key, value] of writes) position = encodeWrite(buffer, position, chars(key), value);
    buffer.writeUInt32LE(MARKER, 0);
    buffer.writeUInt32LE(position - RECORD_HEAD_BYTES, 4);
    const flags = (redo.length === 0 ? 0 : HAS_REDO) + (atMs === undefined ? 0 : HAS_TIME);
    buffer.writeUInt32LE(writes.length + flags, 12);
    buffer.writeDoubleLE(head.sequence, 16);
    buffer.writeDoubleLE(head.syncedSequence, 24);
    buffer.writeUInt32LE(crc32(buffer.subarray(CRC_FROM, position), salt), 8);
    return buffer.subarray(0, position);
  }

  #room(bytes: number): Buffer {
    if (bytes <= this.#scratch.length) return this.#scratch;
    const buffer = Buffer.allocUnsafeSlow(bytes * 2 <= SCRATCH_BYTES_MAX ? bytes * 2 : bytes);
    if (buffer.length <= SCRATCH_BYTES_MAX) this.#scratch = buffer;
    return buffer;
  }
}

function recordBytes(writes: readonly Write[]): number {
  let bytes = RECORD_HEAD_BYTES;
  for (const [key, value] of writes) {
    bytes += WRITE_HEAD_BYTES + chars(key).length + (value === null ? 0 : value.length);
  }
  return bytes;
}

/** A commit without redo records has no section for them. */
function redoBytes(redo: readonly Buffer[]): number {
  let bytes = redo.length === 0 ? 0 : LENGTH_BYTES;
  for (const record of redo) bytes += LENGTH_BYTES + record.length;
  return bytes;
}

function encodeRedo(buffer: Buffer, at: number, redo: readonly Buffer[]): number {
  if (redo.length === 0) return at;
  let position = buffer.writeUInt32LE(redo.length, at);
  for (const record of redo) {
    position = buffer.writeUInt32LE(record.length, position);
    buffer.set(record, position);
    position += record.length;
  }
  return position;
}

function encodeWrite(buffer: Buffer, at: number, key: string, value: Buffer | null): number {
  assert(key.length > 0 && key.length <= 0xffff, "a key that fits into a record");
  buffer.writeUInt16LE(key.length, at);
  buffer.writeUInt32LE(value === null ? REMOVAL : value.length, at + 2);
  let position = at + WRITE_HEAD_BYTES;
  buffer.write(key, position, "latin1");
  position += key.length;
  if (value === null) return position;
  buffer.set(value, position);
  return position + value.length;
}

/** Bytes of the whole record whose head stands at `offset`; undefined when no record begins there. */
export function recordLength(buffer: Buffer, offset: number): number | undefined {
  if (offset + RECORD_HEAD_BYTES > buffer.length || buffer.readUInt32LE(offset) !== MARKER) return undefined;
  return RECORD_HEAD_BYTES + buffer.readUInt32LE(offset + 4);
}

/** The head of a whole record; undefined when its checksum does not agree. */
export function decodeHead(record: Buffer, salt: number): RecordHead | undefined {
  if (crc32(record.subarray(CRC_FROM), salt) !== record.readUInt32LE(8)) return undefined;
  return { sequence: record.readDoubleLE(16), syncedSequence: record.readDoubleLE(24) };
}

/** When the commit of a record was made, ms since the epoch; undefined when it does not say. */
export function timeOf(record: Buffer): number | undefined {
  return record.readUInt32LE(12) % HAS_REDO >= HAS_TIME ? record.readDoubleLE(RECORD_HEAD_BYTES) : undefined;
}

/** What a record whose checksum agrees consists of. All bytes are copies. */
export function decodeCommit(record: Buffer): Commit {
  const count = record.readUInt32LE(12);
  const redo: Buffer[] = [];
  const atMs = timeOf(record);
  let position = RECORD_HEAD_BYTES + (atMs === undefined ? 0 : TIME_BYTES);
  if (count >= HAS_REDO) position = decodeRedo(record, position, redo);
  const writes: Write[] = [];
  for (let left = count % HAS_TIME; left > 0; left -= 1) position = decodeWrite(record, position, writes);
  assert(position === record.length, "a record that ends with its last write");
  return { redo, writes, atMs };
}

function decodeRedo(record: Buffer, at: number, redo: Buffer[]): number {
  let position = at + LENGTH_BYTES;
  for (let left = record.readUInt32LE(at); left > 0; left -= 1) {
    const start = position + LENGTH_BYTES;
    position = start + record.readUInt32LE(position);
    redo.push(Buffer.from(record.subarray(start, position)));
  }
  return position;
}

function decodeWrite(record: Buffer, at: number, writes: Write[]): number {
  const keyEnd = at + WRITE_HEAD_BYTES + record.readUInt16LE(at);
  const valueBytes = record.readUInt32LE(at + 2);
  const key = raw(record.toString("latin1", at + WRITE_HEAD_BYTES, keyEnd));
  const isRemoval = valueBytes === REMOVAL;
  const end = isRemoval ? keyEnd : keyEnd + valueBytes;
  writes.push([key, isRemoval ? null : Buffer.from(record.subarray(keyEnd, end))]);
  return end;
}
