/**
 * What a partition writes to another one: an event that a machine has sent to a machine there, that such an event has come to
 * nothing, or an entry of the stream of events whose machine is there. A record of the first two:
 *
 * | field                                                                                              |
 * | -------------------------------------------------------------------------------------------------- |
 * | format, kind (bytes), when it was written (varint), events in the chain that has led to it (varint) |
 * | id of the sender's object (varint), keys of the receiver and of the sender (each after its length)  |
 * | event (text), a varint whose bits say which of OPTIONAL follow, and those, as texts                 |
 *
 * And of an entry:
 *
 * | field                                                                                              |
 * | -------------------------------------------------------------------------------------------------- |
 * | format, kind (bytes), when it was written (varint), keys of the machine and of the stream (as above) |
 * | id of the entry (16 bytes), its fields as in a chunk                                                |
 */
import { assert } from "../../base/assert.ts";
import { type Bytes, bytesOf, chars } from "../../base/bytes.ts";
import { EventData } from "../../base/event-data.ts";
import { FieldReader, FieldWriter } from "../../base/varint.ts";
import type { SendExtras } from "../../engine/types.ts";
import { packFields, type StreamEntry, unpackFields } from "../../streams/chunk.ts";
import { entryIdOfBytes, ID_BYTES } from "../../streams/entry-id.ts";

export type Letter = EventLetter | EntryLetter;

export interface EventLetter {
  /** `lost`: the event did not arrive, and this tells its sender. */
  readonly kind: "send" | "lost";
  readonly atMs: number;
  /** How many events have been set off, one by another, by the one that began it all. */
  readonly chain: number;
  /** The machine that it goes to and the one that it comes from; of a `lost` one those of the event. */
  readonly to: Bytes;
  readonly from: Bytes;
  /** Id of the sending machine's object in its partition. */
  readonly sender: number;
  readonly event: string;
  readonly data?: EventData | undefined;
  readonly trace?: string | undefined;
  readonly extras?: SendExtras | undefined;
  /** Why a `lost` one did not arrive. */
  readonly code?: string | undefined;
}

/** An entry of the stream of events, which its machine gets in its own partition. */
export interface EntryLetter extends StreamEntry {
  readonly kind: "entry";
  readonly atMs: number;
  readonly to: Bytes;
  readonly stream: Bytes;
}

const FORMAT = 1;
const KINDS = ["send", "lost", "entry"] as const;

/** The fields that a letter may lack, by their bit; a new one goes to the end. */
const OPTIONAL = ["data", "trace", "def", "eventId", "expireAtMs", "code"] as const;

const writer = new FieldWriter();

export function encodeLetter(letter: Letter): Buffer {
  writer.byte(FORMAT);
  writer.byte(KINDS.indexOf(letter.kind));
  writer.varint(letter.atMs);
  if (letter.kind === "entry") {
    for (const key of [letter.to, letter.stream]) writeKey(key);
    writer.latin1(chars(letter.id));
    writer.view(packFields(letter.fields));
  } else writeEvent(letter);
  return writer.take();
}

function writeEvent(letter: EventLetter): void {
  const { chain, sender, to, from, event, data, trace, extras, code } = letter;
  writer.varint(chain);
  writer.varint(sender);
  for (const key of [to, from]) writeKey(key);
  writer.text(event);
  const { def, eventId, expireAtMs } = extras ?? {};
  const values = [data?.text, trace, def, eventId, expireAtMs, code];
  writer.varint(
    values.reduce<number>((bits, value, bit) => (value === undefined ? bits : bits | (1 << bit)), 0),
  );
  for (const value of values) if (value !== undefined) writer.text(String(value));
}

function writeKey(key: Bytes): void {
  writer.varint(chars(key).length);
  writer.latin1(chars(key));
}

/** @throws Error when the bytes are no letter: data is never guessed at */
export function decodeLetter(record: Buffer): Letter {
  const reader = new FieldReader(record);
  assert(reader.byte() === FORMAT, "a letter of a known format");
  const kind = KINDS[reader.byte()];
  assert(kind !== undefined, "a letter of a known kind");
  const atMs = reader.varint();
  return kind === "entry" ? readEntry(reader, atMs) : readEvent(reader, kind, atMs);
}

function readEntry(reader: FieldReader, atMs: number): EntryLetter {
  const [to, stream] = [keyOf(reader), keyOf(reader)];
  const id = entryIdOfBytes(bytesOf(reader.view(ID_BYTES)));
  const fields = unpackFields(reader.rest());
  return { kind: "entry", atMs, to, stream, id, fields };
}

function readEvent(reader: FieldReader, kind: EventLetter["kind"], atMs: number): EventLetter {
  const [chain, sender] = [reader.varint(), reader.varint()];
  const [to, from] = [keyOf(reader), keyOf(reader)];
  const event = reader.text();
  const bits = reader.varint();
  assert(bits < 1 << OPTIONAL.length, "a letter of a known form");
  const [data, trace, def, eventId, expires, code] = OPTIONAL.map((_, bit) =>
    (bits & (1 << bit)) === 0 ? undefined : reader.text(),
  );
  assert(reader.isAtEnd, "a letter that ends with its last field");
  return {
    kind,
    ...{ atMs, chain, sender, to, from, event, trace, code },
    data: data === undefined ? undefined : EventData.ofText(data),
    extras: {
      ...(def === undefined ? {} : { def }),
      ...(eventId === undefined ? {} : { eventId }),
      ...(expires === undefined ? {} : { expireAtMs: Number(expires) }),
    },
  };
}

function keyOf(reader: FieldReader): Bytes {
  return bytesOf(reader.view(reader.varint()));
}
