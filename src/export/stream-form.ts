/**
 * Streams in an export: their entries node by node (trim.ts), what they say of themselves, then each group with its
 * consumers and what those have pending.
 */

import type { Bytes } from "../base/bytes.ts";
import type { Database } from "../keyspace/database.ts";
import {
  bytesOfJson,
  bytesToJson,
  FormFault,
  inPieces,
  listOfJson,
  type ObjectForm,
  type PartFields,
} from "../keyspace/object-form.ts";
import { consumersOf, createConsumer, findConsumer } from "../streams/consumers.ts";
import { nodesOf } from "../streams/contents.ts";
import { type EntryId, entryIdOf, ID_MAX, ID_MIN, msOf, seqOf } from "../streams/entry-id.ts";
import { createGroup, findGroup, groupsOf, saveGroup } from "../streams/groups.ts";
import { encodeHeader } from "../streams/header.ts";
import { pendingEntries, putPending } from "../streams/pending.ts";
import { appendTo, createStream, openStream, type Stream } from "../streams/streams.ts";

const PENDING_BYTES = 32;

export const STREAM_FORM: ObjectForm = {
  name: "stream",
  *parts(db, key, record) {
    const stream = openStream(db, key, record);
    const { lastId, maxDeletedId, entriesAdded, length } = stream.header;
    yield { length };
    for (const { entries, added } of nodesOf(stream)) yield* nodeParts(entries, added);
    yield { lastId: idText(lastId), maxDeletedId: idText(maxDeletedId), entriesAdded: String(entriesAdded) };
    yield* groupParts(stream);
  },
  take(db, key, { fields, isFirst, expireAtMs }) {
    const stream = isFirst ? createStream(db, key) : opened(db, key);
    if ("entries" in fields) takeEntries(stream, fields);
    else if ("lastId" in fields) takeHeader(stream, fields);
    else if ("consumer" in fields) takeConsumer(stream, fields);
    else if ("group" in fields) takeGroup(stream, fields);
    else if (!isFirst) throw new FormFault("it is not part of a stream");
    db.put(key, { type: "stream", payload: encodeHeader(stream.header), expireAtMs }, undefined);
  },
};

interface Entry {
  readonly id: EntryId;
  readonly fields: readonly Buffer[];
}

/** The first piece of a node begins it, the last one ends it with how many entries it has been given. */
function* nodeParts(entries: readonly Entry[], added: number): Generator<PartFields> {
  const pieces = [...inPieces(entries, ({ fields }) => fields.reduce((sum, { length }) => sum + length, 0))];
  for (const [index, piece] of pieces.entries()) {
    yield {
      entries: piece.map(({ id, fields }) => [idText(id), fields.map(bytesToJson)]),
      ...(index === 0 ? { node: true } : {}),
      ...(index === pieces.length - 1 ? { added } : {}),
    };
  }
}

function* groupParts(stream: Stream): Generator<PartFields> {
  for (const group of groupsOf(stream)) {
    const name = bytesToJson(group.name);
    yield { group: name, deliveredUpTo: idText(group.lastId), entriesRead: String(group.entriesRead) };
    for (const consumer of consumersOf(stream, group)) {
      const { seenMs, activeMs } = consumer;
      const head = { group: name, consumer: bytesToJson(consumer.name), seenMs, activeMs };
      const pending = pendingEntries(stream, group, { from: ID_MIN, to: ID_MAX, consumer });
      let isFirst = true;
      for (const piece of inPieces(pending, () => PENDING_BYTES)) {
        isFirst = false;
        const entries = piece.map(({ id, deliveredMs, deliveryCount }) => [
          idText(id),
          deliveredMs,
          String(deliveryCount),
        ]);
        yield { ...head, pending: entries };
      }
      if (isFirst) yield { ...head, pending: [] };
    }
  }
}

function opened(db: Database, key: Bytes): Stream {
  const record = db.find(key);
  if (record?.type !== "stream") throw new FormFault("its first part is missing");
  return openStream(db, key, record);
}

function takeEntries(stream: Stream, { entries, node, added }: PartFields): void {
  const { header } = stream;
  // Without entries left the next one begins a node.
  if (node === true) header.tailLeft = 0;
  for (const entry of listOfJson(entries, "entries")) {
    const [id, fields] = listOfJson(entry, "an entry");
    const texts = listOfJson(fields, "the fields of an entry").map((text) => bytesOfJson(text, "a field"));
    if (texts.length === 0 || texts.length % 2 !== 0)
      throw new FormFault("an entry has fields and values by turns");
    const entryId = idOf(id);
    if (entryId <= header.lastId) throw new FormFault("entries must ascend by their ids");
    appendTo(stream, { id: entryId, fields: texts, nodeEntriesMax: 0 });
  }
  if (added !== undefined) header.tailAdded = Number(added);
}

function takeHeader({ header }: Stream, { lastId, maxDeletedId, entriesAdded }: PartFields): void {
  header.lastId = idOf(lastId);
  header.maxDeletedId = idOf(maxDeletedId);
  header.entriesAdded = integer(entriesAdded);
}

function takeGroup(stream: Stream, { group, deliveredUpTo, entriesRead }: PartFields): void {
  createGroup(stream, {
    name: bytesOfJson(group, "group"),
    lastId: idOf(deliveredUpTo),
    entriesRead: integer(entriesRead),
  });
}

function takeConsumer(stream: Stream, fields: PartFields): void {
  const group = findGroup(stream, bytesOfJson(fields["group"], "group"));
  if (group === undefined) throw new FormFault("the group of a consumer is missing");
  const name = bytesOfJson(fields["consumer"], "consumer");
  const consumer = findConsumer(stream, group, name) ?? createConsumer(stream, group, name);
  consumer.seenMs = Number(fields["seenMs"]);
  consumer.activeMs = Number(fields["activeMs"]);
  for (const entry of listOfJson(fields["pending"], "pending")) {
    const [id, deliveredMs, count] = listOfJson(entry, "a pending entry");
    putPending(stream, group, {
      id: idOf(id),
      deliveredMs: Number(deliveredMs),
      deliveryCount: integer(count),
      consumer: consumer.number,
    });
  }
  saveGroup(stream, group);
}

export function idText(id: EntryId): string {
  return `${msOf(id)}-${seqOf(id)}`;
}

function idOf(json: unknown): EntryId {
  const match = typeof json === "string" ? /^(\d{1,20})-(\d{1,20})$/.exec(json) : null;
  if (match === null) throw new FormFault("an id must be a string such as 1764424800000-0");
  return entryIdOf(BigInt(match[1] ?? 0), BigInt(match[2] ?? 0));
}

function integer(json: unknown): bigint {
  if (typeof json === "string" && /^-?\d{1,20}$/.test(json)) return BigInt(json);
  throw new FormFault("a number of entries must be a string of digits");
}
