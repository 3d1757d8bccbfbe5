/**
 * The stored form of history: chunks of entries. A chunk stands under the rev of its first entry:
 *
 * | bytes  | field                                                        |
 * | ------ | ------------------------------------------------------------ |
 * | 1      | format                                                       |
 * | repeat | length of an entry (varint), the entry                       |
 *
 * An entry: rev and time (varints), kind (byte, with TELLS_ALL), the states before and after (count, texts), a varint whose bits say which
 * of OPTIONAL follow, and those, as texts, JSON texts where they are no strings. It is encoded once, for the journal and for the chunk.
 */

import { assert } from "../base/assert.ts";
import { EventData } from "../base/event-data.ts";
import type { Json } from "../base/json.ts";
import { storedBytes } from "../base/stored-bytes.ts";
import { FieldReader, FieldWriter } from "../base/varint.ts";
import type { HistoryEntry, HistoryKind } from "./history.ts";

const CHUNK_FORMAT = 1;

/** The stored number of each kind; a number is never given again. */
const KIND_NUMBERS: Readonly<Record<HistoryKind, number>> = {
  create: 0,
  set: 1,
  event: 2,
  raise: 3,
  send: 4,
  timer: 5,
  mutate: 6,
  force: 7,
  reset: 8,
  suspend: 9,
  resume: 10,
  refused: 11,
  failed: 12,
  retry: 13,
  child: 14,
  patch: 15,
  undo: 16,
  migrate: 17,
  imported: 20,
};

/** With the kind: the entry has `gone` and `rest` where there is any; those of earlier versions do not tell. */
const TELLS_ALL = 0x40;

const KINDS = new Map(Object.entries(KIND_NUMBERS).map(([kind, number]) => [number, kind as HistoryKind]));

/** The fields an entry may lack, by their bit; a new one goes to the end. */
const OPTIONAL = [
  ["event", "text"],
  ["id", "text"],
  ["by", "text"],
  ["reason", "text"],
  ["context", "json"],
  ["status", "text"],
  ["effects", "json"],
  ["data", "data"],
  ["via", "json"],
  ["stampMs", "json"],
  ["output", "json"],
  ["trace", "text"],
  ["gone", "json"],
  ["rest", "json"],
] as const satisfies ReadonlyArray<readonly [keyof HistoryEntry, "text" | "json" | "data"]>;

const writer = new FieldWriter();

export function encodeEntry(entry: HistoryEntry): Buffer {
  writer.varint(entry.rev);
  writer.varint(entry.atMs);
  writer.byte(KIND_NUMBERS[entry.kind] | TELLS_ALL);
  writeTexts(writer, entry.from);
  writeTexts(writer, entry.to);
  let bits = 0;
  for (let bit = 0; bit < OPTIONAL.length; bit += 1) {
    const name = OPTIONAL[bit]?.[0];
    if (name !== undefined && entry[name] !== undefined) bits |= 1 << bit;
  }
  writer.varint(bits);
  for (let bit = 0; bits >> bit !== 0; bit += 1) {
    const field = OPTIONAL[bit];
    if (field === undefined || (bits & (1 << bit)) === 0) continue;
    const value = entry[field[0]];
    writer.text(
      value instanceof EventData ? value.text : field[1] === "text" ? String(value) : JSON.stringify(value),
    );
  }
  return writer.take();
}

/** @throws Error when the bytes are no entry: data is never guessed at */
export function decodeEntry(bytes: Buffer): HistoryEntry {
  const reader = new FieldReader(bytes);
  const rev = reader.varint();
  const atMs = reader.varint();
  const kindByte = reader.byte();
  const kind = KINDS.get(kindByte & ~TELLS_ALL);
  assert(kind !== undefined, "a history entry of a known kind");
  const from = readTexts(reader);
  const to = readTexts(reader);
  const bits = reader.varint();
  const optional: { [name: string]: Json | EventData } = {};
  for (let bit = 0; bit < OPTIONAL.length && bits >> bit !== 0; bit += 1) {
    const field = OPTIONAL[bit];
    if (field === undefined || (bits & (1 << bit)) === 0) continue;
    const [name, form] = field;
    const text = reader.text();
    // Written by encodeEntry, or checked by who takes it from outside.
    if (form === "data") optional[name] = EventData.ofText(text);
    else optional[name] = form === "text" ? text : (JSON.parse(text) as Json);
  }
  assert(bits < 1 << OPTIONAL.length && reader.isAtEnd, "a history entry that ends with its last field");
  const entry = { rev, atMs, kind, from, to, ...(optional as Partial<HistoryEntry>) };
  return (kindByte & TELLS_ALL) === 0 ? { ...entry, isPartial: true } : entry;
}

/** The rev of an encoded entry. */
export function revOfEntry(bytes: Buffer): number {
  return new FieldReader(bytes).varint();
}

/** The time of an encoded entry, milliseconds since the epoch. */
export function atMsOfEntry(bytes: Buffer): number {
  const reader = new FieldReader(bytes);
  reader.varint();
  return reader.varint();
}

/** Encoded entries as a chunk. */
export function encodeChunk(entries: readonly Buffer[]): Buffer {
  writer.byte(CHUNK_FORMAT);
  for (const entry of entries) {
    writer.varint(entry.length);
    writer.view(entry);
  }
  return writer.take(storedBytes);
}

/** True for a chunk; an entry of the first format, which stands alone, is JSON. */
export function isChunk(value: Buffer): boolean {
  return value[0] === CHUNK_FORMAT;
}

/** The encoded entries of a chunk, as views of it. */
export function entriesOfChunk(chunk: Buffer): Buffer[] {
  assert(isChunk(chunk), "a chunk of history of a known format");
  const reader = new FieldReader(chunk, 1);
  const entries: Buffer[] = [];
  while (!reader.isAtEnd) entries.push(reader.view(reader.varint()));
  return entries;
}

export function writeTexts(to: FieldWriter, texts: readonly string[]): void {
  to.varint(texts.length);
  for (const text of texts) to.text(text);
}

export function readTexts(reader: FieldReader): string[] {
  const texts: string[] = [];
  for (let left = reader.varint(); left > 0; left -= 1) texts.push(reader.text());
  return texts;
}
