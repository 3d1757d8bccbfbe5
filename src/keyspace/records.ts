/**
 * The record of a key:
 *
 * | bytes | field                                              |
 * | ----- | -------------------------------------------------- |
 * | 1     | format version of the record                       |
 * | 1     | type; of a string with its form in the upper bits  |
 * | 8     | expiry, ms since the epoch, 0 for none (expiry-time.ts) |
 * | 8     | id of the object (float64)                         |
 * | rest  | payload, by type                                   |
 */
import { assert } from "../base/assert.ts";
import { storedBytes } from "../base/stored-bytes.ts";
import { type ExpiryTime, readExpiryTime, writeExpiryTime } from "./expiry-time.ts";

const RECORD_FORMAT = 1;
/** Where the payload begins. */
export const PAYLOAD_AT = 18;

/** What a key holds. A long string's payload is empty: its bytes are in a space of their own. */
export type RecordType =
  | "string"
  | "longString"
  | "machine"
  | "stream"
  | "hash"
  | "set"
  | "list"
  | "sortedSet";

const TYPE_CODES: Readonly<Record<RecordType, number>> = {
  string: 1,
  longString: 2,
  machine: 3,
  stream: 4,
  hash: 5,
  set: 6,
  list: 7,
  sortedSet: 8,
};
/**
 * What a string was made by, where Redis would not hold it as a number or in one piece with its object: `appended`
 * after APPEND and SETRANGE, `text` after INCRBYFLOAT. undefined: its bytes tell.
 */
export type StringForm = "appended" | "text" | undefined;

const APPENDED = 0x80;
const TEXT = 0x40;
const TYPE_MASK = 0x3f;

const TYPES: readonly (RecordType | undefined)[] = [
  undefined,
  "string",
  "longString",
  "machine",
  "stream",
  "hash",
  "set",
  "list",
  "sortedSet",
];

export interface KeyRecord {
  readonly type: RecordType;
  /** Milliseconds since the epoch; 0 when the key does not expire. */
  readonly expireAtMs: ExpiryTime;
  readonly id: number;
  readonly payload: Buffer;
  readonly form?: StringForm;
  /** What the object's type has read from the payload, kept for who looks at the same record next. */
  decoded?: unknown;
  /** The stored bytes it was decoded from, where decoded-records.ts keeps it by them. */
  stored?: Buffer;
}

/** A record whose payload is encoded when somebody wants its bytes; `decoded` is what it says. */
export class LazyRecord implements KeyRecord {
  readonly type: RecordType;
  readonly expireAtMs: KeyRecord["expireAtMs"];
  readonly id: number;
  decoded?: unknown;
  readonly #encode: (decoded: unknown) => Buffer;
  #payload: Buffer | undefined;

  constructor(record: KeyRecord, decoded: unknown, encode: (decoded: unknown) => Buffer) {
    this.type = record.type;
    this.expireAtMs = record.expireAtMs;
    this.id = record.id;
    this.decoded = decoded;
    this.#encode = encode;
  }

  get payload(): Buffer {
    this.#payload ??= this.#encode(this.decoded);
    return this.#payload;
  }
}

/** A record as it is stored: the view of its payload is made for who wants it. */
export class StoredRecord implements KeyRecord {
  readonly type: RecordType;
  readonly expireAtMs: KeyRecord["expireAtMs"];
  readonly id: number;
  readonly form: StringForm;
  readonly bytes: Buffer;
  decoded?: unknown;
  stored?: Buffer;
  #payload: Buffer | undefined;

  constructor(bytes: Buffer) {
    assert(bytes.length >= PAYLOAD_AT && bytes[0] === RECORD_FORMAT, "a key record of a known format");
    const code = bytes[1] ?? 0;
    const type = TYPES[code & TYPE_MASK];
    assert(type !== undefined, "a key record of a known type");
    this.type = type;
    this.expireAtMs = readExpiryTime(bytes, 2);
    this.id = bytes.readDoubleBE(10);
    this.form = code < TEXT ? undefined : code < APPENDED ? "text" : "appended";
    this.bytes = bytes;
  }

  get payload(): Buffer {
    this.#payload ??= this.bytes.subarray(PAYLOAD_AT);
    return this.#payload;
  }
}

/** A record as its bytes alone: what was decoded of them goes. One that has no bytes yet stays as it is. */
export function asBytes(record: KeyRecord): KeyRecord {
  if (record instanceof LazyRecord || record.decoded === undefined) return record;
  const { type, form, expireAtMs, id, payload } = record;
  return { type, expireAtMs, id, payload, form };
}

/** A record with another payload. */
export function withPayload({ type, form, expireAtMs, id }: KeyRecord, payload: Buffer): KeyRecord {
  return { type, form, expireAtMs, id, payload };
}

/** A record with another expiry. */
export function withExpiry(record: KeyRecord, expireAtMs: KeyRecord["expireAtMs"]): KeyRecord {
  const { type, form, id, payload } = record;
  return { type, form, expireAtMs, id, payload };
}

export function encodeRecord(record: KeyRecord): Buffer {
  const buffer = storedBytes(PAYLOAD_AT + record.payload.length);
  buffer.set(record.payload, PAYLOAD_AT);
  return encodeBefore(record, buffer);
}

/** Writes the fields of a record before its payload, for which the buffer has room. */
export function encodeBefore(record: Omit<KeyRecord, "payload">, buffer: Buffer): Buffer {
  buffer[0] = RECORD_FORMAT;
  buffer[1] = TYPE_CODES[record.type] + formBits(record.form);
  writeExpiryTime(buffer, 2, record.expireAtMs);
  buffer.writeDoubleBE(record.id, 10);
  return buffer;
}

/** Types whose payloads take long to decode: who reads one keeps what it says (decoded-records.ts). */
const DEAR_TYPES: ReadonlySet<number> = new Set([TYPE_CODES.machine]);

export function isDearToDecode(stored: Buffer): boolean {
  return DEAR_TYPES.has(stored[1] ?? 0);
}

/** The payload is a view of `buffer`. @throws Error when the record is not one: data is never guessed at */
export function decodeRecord(buffer: Buffer): KeyRecord {
  return new StoredRecord(buffer);
}

function formBits(form: StringForm): number {
  return form === undefined ? 0 : form === "text" ? TEXT : APPENDED;
}

export function encodeNumber(value: number): Buffer {
  const buffer = Buffer.allocUnsafe(8);
  buffer.writeDoubleBE(value);
  return buffer;
}

export function decodeNumber(buffer: Buffer): number {
  assert(buffer.length === 8, "a number of 8 bytes");
  return buffer.readDoubleBE(0);
}
