/**
 * How an object is written into an export and read from it: JSON of one or more parts, none of which is large. A type
 * registers its form with the type itself (object-types.ts). The form is logical where it can be: it does not depend on how
 * this version stores a value, so that another version reads it.
 */
import { isUtf8 } from "node:buffer";
import type { Bytes } from "../base/bytes.ts";
import type { Database } from "./database.ts";
import type { ExpiryTime } from "./expiry-time.ts";
import type { KeyRecord } from "./records.ts";

/** Fields of a part; what is in them is JSON. */
export type PartFields = Readonly<Record<string, unknown>>;

export interface FormPart {
  readonly fields: PartFields;
  /** True for the part that makes the object; its key holds nothing then. */
  readonly isFirst: boolean;
  /** Of the object, with every part. */
  readonly expireAtMs: ExpiryTime;
}

export interface ObjectForm {
  /** What an export calls the type. */
  readonly name: string;
  /** What the object consists of; lazy. The first part is in the line of the key, each other in a line of its own. */
  parts(db: Database, key: Bytes, record: KeyRecord): Iterable<PartFields>;
  /** Takes the parts over, in the order of `parts`; between two of them there may be a commit. @throws FormFault */
  take(db: Database, key: Bytes, part: FormPart): void;
}

/** A part that is none; the message says what is wrong with it. */
export class FormFault extends Error {
  override readonly name = "FormFault";
}

/** About so many bytes of values go into one part. */
export const PART_BYTES = 32 * 1024;

/** Bytes as JSON: text where they are UTF-8, else an object with their base64. */
export function bytesToJson(bytes: Buffer): unknown {
  return isUtf8(bytes) ? bytes.toString("utf8") : { base64: bytes.toString("base64") };
}

/** @throws FormFault */
export function bytesOfJson(json: unknown, what: string): Buffer {
  if (typeof json === "string") return Buffer.from(json, "utf8");
  if (typeof json === "object" && json !== null && "base64" in json && typeof json.base64 === "string") {
    const bytes = Buffer.from(json.base64, "base64");
    if (bytes.toString("base64") === json.base64) return bytes;
  }
  throw new FormFault(`${what} must be a string or {"base64": "…"}`);
}

/** @throws FormFault */
export function listOfJson(json: unknown, what: string): readonly unknown[] {
  if (Array.isArray(json)) return json;
  throw new FormFault(`${what} must be a list`);
}

/** Gathers items into lists of about the size of a part. */
export function* inPieces<T>(items: Iterable<T>, sizeOf: (item: T) => number): Generator<T[]> {
  let piece: T[] = [];
  let bytes = 0;
  for (const item of items) {
    piece.push(item);
    bytes += sizeOf(item);
    if (bytes < PART_BYTES) continue;
    yield piece;
    piece = [];
    bytes = 0;
  }
  if (piece.length > 0) yield piece;
}

/** A longer string is written in pieces: JSON of one in base64 must fit into one text of the platform. */
const STRING_PART_BYTES = 64 * 1024 * 1024;

/** Strings. What made the string is kept where Redis' OBJECT ENCODING shows it. */
export const STRING_FORM: ObjectForm = {
  name: "string",
  *parts(db, _key, record) {
    const { form } = record;
    const bytes = db.stringValue(record);
    const first = bytes.subarray(0, STRING_PART_BYTES);
    yield { value: bytesToJson(first), ...(form === undefined ? {} : { form }) };
    for (let at = STRING_PART_BYTES; at < bytes.length; at += STRING_PART_BYTES)
      yield { value: bytesToJson(bytes.subarray(at, at + STRING_PART_BYTES)) };
  },
  take(db, key, { fields, isFirst, expireAtMs }) {
    const value = bytesOfJson(fields["value"], "value");
    const before = isFirst ? undefined : db.find(key);
    if (before !== undefined) {
      const payload = Buffer.concat([db.stringValue(before), value]);
      db.put(key, { type: "string", payload, expireAtMs, form: before.form }, undefined);
      return;
    }
    const { form } = fields;
    if (form !== undefined && form !== "appended" && form !== "text")
      throw new FormFault('form must be "appended" or "text"');
    db.put(key, { type: "string", payload: value, expireAtMs, form }, undefined);
  },
};
