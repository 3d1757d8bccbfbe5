/** All that a stream holds, taken out of the store and put back: what DUMP and RESTORE carry over. */

import type { Bytes } from "../base/bytes.ts";
import type { Database } from "../keyspace/database.ts";
import type { ExpiryTime } from "../keyspace/expiry-time.ts";
import type { StreamEntry } from "./chunk.ts";
import { consumersOf, createConsumer } from "./consumers.ts";
import { type EntryId, ID_MAX, ID_MIN } from "./entry-id.ts";
import { createGroup, groupsOf, saveGroup } from "./groups.ts";
import { encodeHeader } from "./header.ts";
import { entriesUpTo } from "./lag.ts";
import { pendingEntries, putPending } from "./pending.ts";
import { appendTo, createStream, type Stream, storedChunks } from "./streams.ts";

export interface StreamContents {
  readonly nodes: readonly StreamNode[];
  readonly lastId: EntryId;
  readonly maxDeletedId: EntryId;
  readonly entriesAdded: bigint;
  readonly groups: readonly GroupContents[];
}

/** Entries that are trimmed together. */
export interface StreamNode {
  /** In order, one at least. */
  readonly entries: readonly StreamEntry[];
  /** How many it has been given, those that are gone included. */
  readonly added: number;
}

export interface GroupContents {
  readonly name: Buffer;
  readonly lastId: EntryId;
  /** -1 when the group cannot tell; undefined when that was not kept: it is reckoned. */
  readonly entriesRead: bigint | undefined;
  readonly consumers: readonly ConsumerContents[];
}

export interface ConsumerContents {
  readonly name: Buffer;
  readonly seenMs: number;
  readonly activeMs: number;
  readonly pending: readonly DeliveredEntry[];
}

export interface DeliveredEntry {
  readonly id: EntryId;
  readonly deliveredMs: number;
  readonly deliveryCount: bigint;
}

const ALL = { from: ID_MIN, to: ID_MAX };

/** What a stream holds. O(size of the stream). */
export function contentsOf(stream: Stream): StreamContents {
  const { lastId, maxDeletedId, entriesAdded } = stream.header;
  return {
    nodes: [...nodesOf(stream)],
    lastId,
    maxDeletedId,
    entriesAdded,
    groups: groupsOf(stream).map((group) => ({
      name: group.name,
      lastId: group.lastId,
      entriesRead: group.entriesRead,
      consumers: consumersOf(stream, group).map((consumer) => ({
        name: consumer.name,
        seenMs: consumer.seenMs,
        activeMs: consumer.activeMs,
        pending: [...pendingEntries(stream, group, { ...ALL, consumer })],
      })),
    })),
  };
}

/** The nodes of a stream, in order; lazy. */
export function* nodesOf(stream: Stream): Generator<StreamNode> {
  const { firstId, tailNode, tailAdded } = stream.header;
  let node: { readonly number: number; readonly entries: StreamEntry[] } | undefined;
  const ended = ({ number, entries }: NonNullable<typeof node>) => ({
    entries,
    added: number === tailNode ? tailAdded : entries.length,
  });
  for (const chunk of storedChunks(stream)) {
    const reader = chunk.from(firstId);
    if (reader === undefined) continue;
    if (node !== undefined && node.number !== reader.node) {
      yield ended(node);
      node = undefined;
    }
    node ??= { number: reader.node, entries: [] };
    do node.entries.push(reader.entry);
    while (chunk.next(reader));
  }
  if (node !== undefined) yield ended(node);
}

/**
 * Makes a stream at a key that holds nothing. The ids of the entries rise and end with `lastId` or before; groups,
 * consumers of a group and what a group has pending are different ones each.
 */
export function restoreStream(
  db: Database,
  key: Bytes,
  contents: StreamContents,
  expireAtMs: ExpiryTime,
): void {
  const stream = createStream(db, key);
  const { header } = stream;
  for (const { entries, added } of contents.nodes) {
    // Without entries left the next one begins a node.
    header.tailLeft = 0;
    for (const entry of entries) appendTo(stream, { ...entry, nodeEntriesMax: 0 });
    header.tailAdded = added;
  }
  header.lastId = contents.lastId;
  header.maxDeletedId = contents.maxDeletedId;
  header.entriesAdded = contents.entriesAdded;
  for (const group of contents.groups) restoreGroup(stream, group);
  db.put(key, { type: "stream", payload: encodeHeader(header), expireAtMs }, "restore");
}

function restoreGroup(stream: Stream, { name, lastId, entriesRead, consumers }: GroupContents): void {
  const read = entriesRead ?? entriesUpTo(stream.header, lastId);
  const group = createGroup(stream, { name, lastId, entriesRead: read });
  for (const { name: consumerName, seenMs, activeMs, pending } of consumers) {
    const consumer = createConsumer(stream, group, consumerName);
    consumer.seenMs = seenMs;
    consumer.activeMs = activeMs;
    for (const entry of pending) putPending(stream, group, { ...entry, consumer: consumer.number });
  }
  saveGroup(stream, group);
}
