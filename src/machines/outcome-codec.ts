/**
 * The stored form of outcomes (outcomes.ts). A value:
 *
 * | field                                                                                              |
 * | -------------------------------------------------------------------------------------------------- |
 * | format (byte), sequence (varint)                                                                    |
 * | when it was decided, how long before that the event had come in (varints)                          |
 * | id, event, code (texts), the states before and after (count, texts), rev (varint)                  |
 * | a varint whose bits say which of OPTIONAL follow, and those, as texts                               |
 *
 * Earlier versions wrote JSON instead, which is still read.
 */
import { assert } from "../base/assert.ts";
import { EventData } from "../base/event-data.ts";
import { isJsonObject, type Json } from "../base/json.ts";
import { FieldReader, FieldWriter } from "../base/varint.ts";
import { outcomeKey, outcomeOrderKey } from "../keyspace/layouts.ts";
import type { Write } from "../storage/ordered-store.ts";
import { readTexts, writeTexts } from "./history-codec.ts";
import type { Outcome } from "./outcomes.ts";
import { dataOfStored } from "./pending.ts";

const FORMAT = 1;

/** The fields an outcome may lack, the reply where the rest tells it, by their bit; a new one goes to the end. */
const OPTIONAL = ["data", "by", "details", "output", "log", "ttlMs", "reply"] as const;

const writer = new FieldWriter();

export function encodeOutcome(outcome: Outcome): Buffer {
  const { atMs, receivedMs } = outcome;
  const isLater = receivedMs <= atMs;
  writer.byte(FORMAT);
  writer.varint(outcome.sequence);
  writer.varint(atMs);
  // The clock may have been set back between the two.
  writer.byte(isLater ? 0 : 1);
  writer.varint(isLater ? atMs - receivedMs : receivedMs - atMs);
  writer.text(outcome.id);
  writer.text(outcome.event);
  writer.text(outcome.code);
  writeTexts(writer, outcome.from);
  writeTexts(writer, outcome.to);
  writer.varint(outcome.rev);
  let bits = 0;
  for (let bit = 0; bit < OPTIONAL.length; bit += 1) {
    const name = OPTIONAL[bit];
    if (name === undefined || outcome[name] === undefined) continue;
    if (name !== "reply" || !isReplyTold(outcome)) bits |= 1 << bit;
  }
  writer.varint(bits);
  for (let bit = 0; bits >> bit !== 0; bit += 1) {
    const name = OPTIONAL[bit];
    if (name === undefined || (bits & (1 << bit)) === 0) continue;
    const value = outcome[name];
    writer.text(
      value instanceof EventData ? value.text : name === "reply" ? JSON.stringify(value) : String(value),
    );
  }
  return writer.take();
}

/** @throws Error when the bytes are no outcome: data is never guessed at */
export function decodeOutcome(bytes: Buffer): Outcome {
  if (bytes[0] !== FORMAT) return decodeJson(bytes);
  const reader = new FieldReader(bytes, 1);
  const sequence = reader.varint();
  const atMs = reader.varint();
  const isLater = reader.byte() === 0;
  const sinceMs = reader.varint();
  const [id, event, code] = [reader.text(), reader.text(), reader.text()];
  const [from, to] = [readTexts(reader), readTexts(reader)];
  const rev = reader.varint();
  const bits = reader.varint();
  assert(bits < 1 << OPTIONAL.length, "an outcome of a known form");
  const has = (name: (typeof OPTIONAL)[number]) => (bits & (1 << OPTIONAL.indexOf(name))) !== 0;
  const textOf = (name: (typeof OPTIONAL)[number]) => (has(name) ? reader.text() : undefined);
  const data = has("data") ? EventData.ofText(reader.text()) : undefined;
  const by = textOf("by");
  const details = textOf("details");
  const output = textOf("output");
  const log = textOf("log");
  const ttl = textOf("ttlMs");
  const reply = has("reply") ? (JSON.parse(reader.text()) as Json) : toldReply(code, to, details);
  assert(reader.isAtEnd, "an outcome that ends with its last field");
  return {
    id,
    sequence,
    event,
    data,
    by,
    atMs,
    receivedMs: isLater ? atMs - sinceMs : atMs + sinceMs,
    code,
    from,
    to,
    rev,
    details,
    output,
    log,
    ttlMs: ttl === undefined ? undefined : Number(ttl),
    reply,
  };
}

/** The number of a stored outcome and the id of its event. */
export function placeOfOutcome(bytes: Buffer): { readonly sequence: number; readonly eventId: string } {
  if (bytes[0] !== FORMAT) {
    const { sequence, id } = decodeJson(bytes);
    return { sequence, eventId: id };
  }
  const reader = new FieldReader(bytes, 1);
  const sequence = reader.varint();
  reader.varint();
  reader.byte();
  reader.varint();
  return { sequence, eventId: reader.text() };
}

/** The reply that an outcome tells of as a rule: the states that were reached, or why it was refused. */
function toldReply(code: string, to: readonly string[], details: string | undefined): Json {
  if (details !== undefined) return { kind: "error", message: `${code} ${details}` };
  return { kind: "states", states: to };
}

function isReplyTold({ reply, code, to, details }: Outcome): boolean {
  if (!isJsonObject(reply)) return false;
  if (details !== undefined) return reply["kind"] === "error" && reply["message"] === `${code} ${details}`;
  const states = reply["states"];
  return (
    reply["kind"] === "states" &&
    Array.isArray(states) &&
    states.length === to.length &&
    states.every((state, index) => state === to[index])
  );
}

function decodeJson(bytes: Buffer): Outcome {
  const outcome: unknown = JSON.parse(bytes.toString("utf8"));
  assert(typeof outcome === "object" && outcome !== null && "reply" in outcome, "an outcome's record");
  // Written by an earlier version; the first ones had the data itself where later ones have its text.
  const { data, text, ...rest } = outcome as Omit<Outcome, "data"> & { data?: Json; text?: string };
  return { ...rest, data: dataOfStored(data, text) };
}

/** What a change of a machine adds to its outcomes, or changes in them. */
export interface OutcomeChange {
  readonly eventId: string;
  readonly sequence: number;
  /** The outcome, encoded; undefined when the machine may keep none. */
  readonly value: Buffer | undefined;
  /** False when it takes the place of one with the same number. */
  readonly isNew: boolean;
  /** No outcome below this number is kept afterwards. */
  readonly first: number;
  /** Those that go, by their number. */
  readonly dropped: readonly DroppedOutcome[];
}

export interface DroppedOutcome {
  readonly sequence: number;
  readonly eventId: string;
}

/** The writes that a change comes to; what goes comes first, since the new one may have the id of an expired one. */
export function outcomeWrites(id: number, change: OutcomeChange): Write[] {
  const { eventId, sequence, value, isNew, dropped } = change;
  const writes: Write[] = [];
  for (const gone of dropped) {
    writes.push([outcomeOrderKey(id, gone.sequence), null]);
    writes.push([outcomeKey(id, gone.eventId), null]);
  }
  if (value === undefined) return writes;
  writes.push([outcomeKey(id, eventId), value]);
  if (isNew) writes.push([outcomeOrderKey(id, sequence), Buffer.from(eventId, "utf8")]);
  return writes;
}

export function writeOutcomeChange(to: FieldWriter, change: OutcomeChange): void {
  const { value, dropped } = change;
  to.text(change.eventId);
  to.varint(change.sequence);
  to.byte(change.isNew ? 1 : 0);
  to.varint(change.first);
  to.varint(value === undefined ? 0 : value.length);
  if (value !== undefined) to.view(value);
  to.varint(dropped.length);
  for (const { sequence, eventId } of dropped) {
    to.varint(sequence);
    to.text(eventId);
  }
}

export function readOutcomeChange(reader: FieldReader): OutcomeChange {
  const eventId = reader.text();
  const sequence = reader.varint();
  const isNew = reader.byte() === 1;
  const first = reader.varint();
  const length = reader.varint();
  const value = length === 0 ? undefined : Buffer.from(reader.view(length));
  const dropped = Array.from({ length: reader.varint() }, () => ({
    sequence: reader.varint(),
    eventId: reader.text(),
  }));
  return { eventId, sequence, value, isNew, first, dropped };
}
