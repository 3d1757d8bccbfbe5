/**
 * Events that are read from a stream (`sm-ingest-stream`), each as SM.SEND would take it, by a consumer group of the
 * server's own that acknowledges an entry in the commit of what came of it: each entry is dealt with once. What
 * cannot be taken goes to `sm:dead`.
 *
 * Each partition of a cluster has a stream of its own. An entry whose machine is in another partition goes there as a letter, in
 * the commit that acknowledges it, and is dealt with there.
 */
import { isUtf8 } from "node:buffer";
import { type Bytes, bufferOf, bytesOf, textOfBytes } from "../base/bytes.ts";
import type { Database } from "../keyspace/database.ts";
import * as errors from "../protocol/errors.ts";
import { ReplyError } from "../protocol/reply-error.ts";
import { appendEntry } from "../streams/append.ts";
import type { Fields, StreamEntry } from "../streams/chunk.ts";
import { fieldOf, fieldsOf } from "../streams/entry-fields.ts";
import { formatId, ID_MAX, ID_MIN, idAfter } from "../streams/entry-id.ts";
import { createGroup, findGroup, saveGroup } from "../streams/groups.ts";
import { advanceGroup } from "../streams/lag.ts";
import { openStream, type Stream, saveStream, takeEntries } from "../streams/streams.ts";
import { parseData } from "./chart-cache.ts";
import { createFrom } from "./creation.ts";
import { definitionAt } from "./definitions.ts";
import { failStep } from "./delivery.ts";
import { isFailure, recordRefusal } from "./failures.ts";
import type { Refusal } from "./machine-step.ts";
import type { EntryLetter } from "./mail/letter.ts";
import { isMailFull, post } from "./mail/outgoing.ts";
import { originOf } from "./origin.ts";
import { keptOutcome, refusalOf } from "./outcome-reply.ts";
import { send } from "./send.ts";
import { isTraceparent, plainSend, type SendOptions } from "./send-options.ts";
import { configuredStream, deadStream } from "./stream-names.ts";
import { findSubject, type Scope, type Subject, subjectAt } from "./subject.ts";

/** The group that reads the stream. */
const GROUP = Buffer.from("detent");

/** Whether the stream has entries that the server has not read. */
export function hasUnread(db: Database, name: string): boolean {
  const stream = streamAt(db, name);
  if (stream === undefined || stream.header.length === 0) return false;
  const group = findGroup(stream, GROUP);
  return group === undefined || group.lastId < stream.header.lastId;
}

/** What has become of an attempt to take an entry. `later`: too much waits for other partitions, its own among them. */
export type Ingested = "done" | "none" | "later";

/** Deals with the next entry of the stream. */
export function ingestNext(scope: Scope, name: string): Ingested {
  const stream = streamAt(scope.db, name);
  if (stream === undefined) return "none";
  const group = findGroup(stream, GROUP) ?? openGroup(stream);
  const from = idAfter(group.lastId);
  const [entry] = from === undefined ? [] : takeEntries(stream, { from, to: ID_MAX }, 1);
  if (entry === undefined) {
    // What came after the last one read has been deleted.
    if (group.lastId >= stream.header.lastId) return "none";
    group.lastId = stream.header.lastId;
    saveGroup(stream, group);
    return "done";
  }
  const elsewhere = keyElsewhere(scope.db, entry);
  if (elsewhere !== undefined && isMailFull(scope.db)) return "later";
  advanceGroup(stream.header, group, entry.id);
  saveGroup(stream, group);
  const key = configuredStream(scope.db.place, name);
  if (elsewhere !== undefined)
    post(scope.db, { kind: "entry", atMs: scope.nowMs, to: elsewhere, stream: key, ...entry });
  else take(scope, key, entry, formatId(entry.id));
  return "done";
}

/** Deals with an entry of another partition's stream. @param refusal why it cannot be taken, where that is known without a try */
export function takeEntry(scope: Scope, { stream, id, fields }: EntryLetter, refusal?: Refusal): void {
  // The streams of two partitions may have an entry of the same id for one machine.
  take(scope, stream, { id, fields }, `${textOfBytes(stream)}/${formatId(id)}`, refusal);
}

/** @param ownId of an event that comes without one */
function take(scope: Scope, stream: Bytes, entry: StreamEntry, ownId: string, refusal?: Refusal): void {
  const why = refusal ?? deliver(scope, entry, ownId);
  if (why !== undefined) bury(scope, stream, entry, why);
}

/** The key of an entry's machine where that is in another partition. */
function keyElsewhere({ place }: Database, { fields }: StreamEntry): Bytes | undefined {
  const value = place.count === 1 ? undefined : fieldOf(fields, "key");
  const key = value && bytesOf(value);
  return key === undefined || place.holds(key) ? undefined : key;
}

function streamAt(db: Database, name: string): Stream | undefined {
  const key = configuredStream(db.place, name);
  const record = db.find(key);
  return record?.type === "stream" ? openStream(db, key, record) : undefined;
}

function openGroup(stream: Stream) {
  const group = createGroup(stream, { name: GROUP, lastId: ID_MIN, entriesRead: 0n });
  saveStream(stream, undefined);
  return group;
}

/** Sends the event of an entry; why it cannot be taken, with all undone that it did. */
function deliver(scope: Scope, entry: StreamEntry, ownId: string): Refusal | undefined {
  const savepoint = scope.databases.transaction.savepoint();
  try {
    const options = optionsOf(scope, entry, ownId);
    const key = bytesOf(needed(entry.fields, "key"));
    return sendEntry(scope, key, options);
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    scope.databases.rollback(savepoint);
    return { kind: "refused", code: error.code, message: error.text };
  }
}

function sendEntry(scope: Scope, key: Bytes, options: SendOptions): Refusal | undefined {
  const savepoint = scope.databases.transaction.savepoint();
  const existing = subjectAt(scope, key);
  const subject = existing ?? create(scope, key, options);
  const { id = "" } = options;
  const isKnown = keptOutcome(scope, subject.record.id, id) !== undefined;
  const refusal = refusalOf(send(scope, subject, options));
  // What has come before was dealt with then.
  if (refusal === undefined || isKnown) return undefined;
  if (existing === undefined) {
    scope.databases.rollback(savepoint);
    return refusal;
  }
  const current = findSubject(scope, key) ?? existing;
  const origin = originOf(options);
  if (!isFailure(refusal)) {
    recordRefusal(scope, current, origin, refusal);
    return refusal;
  }
  // It waits with the machine for SM.RETRY.
  failStep(scope, current, { ...origin, from: "event" }, refusal);
  return undefined;
}

function create(scope: Scope, key: Bytes, { definition, by }: SendOptions): Subject {
  if (definition === undefined) throw errors.noMachine(bufferOf(key));
  return createFrom(scope, key, { definition: definitionAt(scope.db, definition), by, expireAtMs: 0 });
}

/** The event of an entry. @throws ReplyError for what is none */
function optionsOf(scope: Scope, { fields }: StreamEntry, ownId: string): SendOptions {
  const event = textOf(fields, "event");
  if (event === undefined || event === "") throw errors.err("the entry has no event");
  return {
    ...plainSend(event),
    data: dataOf(scope, fields),
    id: textOf(fields, "id") ?? ownId,
    by: textOf(fields, "by"),
    reason: textOf(fields, "reason"),
    definition: textOf(fields, "def"),
    stampMs: stampOf(fields),
    trace: traceOf(fields),
  };
}

function dataOf(scope: Scope, fields: Fields): SendOptions["data"] {
  const text = textOf(fields, "data");
  if (text === undefined) return undefined;
  const max = scope.server.config.get("sm-event-bytes-max");
  const bytes = Buffer.byteLength(text);
  if (bytes > max)
    throw errors.machineLimit(`the event's data has ${bytes} bytes`, max, "sm-event-bytes-max");
  const parsed = parseData(text);
  if (!parsed.ok) throw errors.err(`the event's data is ${parsed.reason}`);
  return parsed.data;
}

function stampOf(fields: Fields): number | undefined {
  const text = textOf(fields, "stamp");
  if (text === undefined) return undefined;
  const stampMs = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(stampMs)) throw errors.err("the stamp must be milliseconds since the epoch");
  return stampMs;
}

function traceOf(fields: Fields): string | undefined {
  const trace = textOf(fields, "trace");
  if (trace !== undefined && !isTraceparent(trace)) throw errors.err("the trace must be a traceparent");
  return trace;
}

function needed(fields: Fields, name: string): Buffer {
  const value = fieldOf(fields, name);
  if (value === undefined) throw errors.err(`the entry has no ${name}`);
  return value;
}

/** A field as text. @throws ReplyError when its bytes are none */
function textOf(fields: Fields, name: string): string | undefined {
  const value = fieldOf(fields, name);
  if (value !== undefined && !isUtf8(value)) throw errors.notUtf8(`the field ${name}`);
  return value?.toString("utf8");
}

function bury(scope: Scope, stream: Bytes, { id, fields }: StreamEntry, { code, message }: Refusal): void {
  const burial = fieldsOf([
    ["stream", bufferOf(stream)],
    ["entry", formatId(id)],
    ["reason", `${code} ${message}`],
    ["died", scope.nowMs],
  ]);
  appendEntry(scope.db, deadStream(scope.db.place), [...fields, ...burial], { nowMs: scope.nowMs });
}
