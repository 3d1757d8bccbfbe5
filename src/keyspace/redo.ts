/**
 * Redo records: what the journal holds of a change whose consequences are not written (live-objects.ts). The first byte
 * says of what: a counter, or a type of object, which reads the rest itself.
 */

import { type Bytes, chars, raw } from "../base/bytes.ts";
import { FieldReader, FieldWriter } from "../base/varint.ts";

/** The first byte of a redo record. */
export const REDO_COUNT = 1;
export const REDO_MACHINE = 2;

const writer = new FieldWriter();

/** An addition to a counter. */
export function encodeCount(key: Bytes, change: number): Buffer {
  writer.byte(REDO_COUNT);
  writer.byte(change < 0 ? 1 : 0);
  writer.varint(Math.abs(change));
  writer.varint(chars(key).length);
  writer.latin1(chars(key));
  return writer.take();
}

/** An addition as a restart reads it. */
export function redoneCount(record: Buffer): {
  reads(): readonly Bytes[];
  redo(live: { count(key: Bytes, change: number): unknown }): void;
} {
  const { key, change } = decodeCount(record);
  return { reads: () => [key], redo: (live) => void live.count(key, change) };
}

function decodeCount(record: Buffer): { readonly key: Bytes; readonly change: number } {
  const reader = new FieldReader(record, 1);
  const sign = reader.byte() === 1 ? -1 : 1;
  const change = sign * reader.varint();
  return { key: raw(reader.view(reader.varint()).toString("latin1")), change };
}
