/**
 * What a partition writes to another one: an event that a machine has sent to a machine there, or that such an event has come to
 * nothing. A record:
 *
 * | field                                                                                              |
 * | -------------------------------------------------------------------------------------------------- |
 * | format, kind (bytes), when it was written (varint), events in the chain that has led to it (varint) |
 * | id of the sender's object (varint), keys of the receiver and of the sender (each after its length)  |
 * | event (text), a varint whose bits say which of OPTIONAL follow, and those, as texts                 |
 */
import { assert } from "../../base/assert.ts";
import { type Bytes, bytesOf, chars } from "../../base/bytes.ts";
import { EventData } from "../../base/event-data.ts";
import { FieldReader, FieldWriter } from "../../base/varint.ts";
import type { SendExtras } from "../../engine/types.ts";

export interface Letter {
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

const FORMAT = 1;

/** The fields that a letter may lack, by their bit; a new one goes to the end. */
const OPTIONAL = ["data", "trace", "def", "eventId", "expireAtMs", "code"] as const;

const writer = new FieldWriter();

export function encodeLetter(letter: Letter): Buffer {
  const { kind, atMs, chain, sender, to, from, event, data, trace, extras, code } = letter;
  writer.byte(FORMAT);
  writer.byte(kind === "send" ? 0 : 1);
  writer.varint(atMs);
  writer.varint(chain);
  writer.varint(sender);
  for (const key of [to, from]) {
    writer.varint(chars(key).length);
    writer.latin1(chars(key));
  }
  writer.text(event);
  const { def, eventId, expireAtMs } = extras ?? {};
  const values = [data?.text, trace, def, eventId, expireAtMs, code];
  writer.varint(
    values.reduce<number>((bits, value, bit) => (value === undefined ? bits : bits | (1 << bit)), 0),
  );
  for (const value of values) if (value !== undefined) writer.text(String(value));
  return writer.take();
}

/** @throws Error when the bytes are no letter: data is never guessed at */
export function decodeLetter(record: Buffer): Letter {
  const reader = new FieldReader(record);
  assert(reader.byte() === FORMAT, "a letter of a known format");
  const kind = reader.byte() === 0 ? "send" : "lost";
  const [atMs, chain, sender] = [reader.varint(), reader.varint(), reader.varint()];
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
