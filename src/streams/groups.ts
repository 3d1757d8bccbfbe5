/**
 * Consumer groups: made, found, saved and removed. Their consumers: consumers.ts. What those have pending: pending.ts.
 */
import { type Bytes, bytesOf } from "../base/bytes.ts";
import { DecodedValues } from "../base/decoded-values.ts";
import {
  consumerKey,
  consumerNameKey,
  consumerNamesPrefix,
  consumerPendingPrefix,
  consumersPrefix,
  pendingEntriesPrefix,
  prefixRange,
  streamGroupKey,
  streamGroupsPrefix,
} from "../keyspace/layouts.ts";
import { PendingValue } from "../keyspace/pending-value.ts";
import type { Consumer, Group } from "./consumers.ts";
import { type EntryId, ID_MIN } from "./entry-id.ts";
import { removePendingOf, savePages } from "./pending.ts";
import { decodeGroup, encodeConsumer, encodeGroup, type GroupRecord } from "./records.ts";
import type { Stream } from "./streams.ts";

const known = new DecodedValues<GroupRecord>();

export function findGroup(stream: Stream, name: Buffer): Group | undefined {
  const key = streamGroupKey(stream.id, bytesOf(name));
  const pending = stream.db.transaction.pendingAt(key, encodeGroup);
  if (pending !== undefined) return workingCopy(pending);
  const value = stream.db.transaction.get(key);
  return value === undefined ? undefined : opened(key, value);
}

/** All groups, by name. */
export function groupsOf(stream: Stream): Group[] {
  if (stream.header.groupCount === 0) return [];
  const { from, to } = prefixRange(streamGroupsPrefix(stream.id));
  return [...stream.db.transaction.range(from, to)].map(([key, value]) => opened(key, value));
}

function opened(key: Bytes, value: Buffer): Group {
  let record = known.of(key, value);
  if (record === undefined) {
    record = decodeGroup(value);
    known.note(key, value, record);
  }
  return workingCopy(record);
}

export interface NewGroup {
  readonly name: Buffer;
  readonly lastId: EntryId;
  /** -1 when it is not known. */
  readonly entriesRead: bigint;
}

/** Adds a group that is not there; the stream's header is to be saved afterwards. */
export function createGroup(stream: Stream, { name, lastId, entriesRead }: NewGroup): Group {
  const { header } = stream;
  const group = workingCopy({
    number: header.groupNext,
    name,
    lastId,
    entriesRead,
    pendingCount: 0,
    consumerCount: 0,
    consumerNext: 1,
    firstPendingId: ID_MIN,
    firstPage: ID_MIN,
    lastPage: ID_MIN,
  });
  header.groupNext += 1;
  header.groupCount += 1;
  saveGroup(stream, group);
  return group;
}

/** Removes a group with all it has; the stream's header is to be saved afterwards. Costs what the group holds. */
export function removeGroup(stream: Stream, group: Group): void {
  const { db, id, header } = stream;
  db.transaction.remove(streamGroupKey(id, bytesOf(group.name)));
  header.groupCount -= 1;
  for (const prefix of [
    consumerNamesPrefix(id, group.number),
    consumersPrefix(id, group.number),
    pendingEntriesPrefix(id, group.number),
    consumerPendingPrefix(id, group.number),
  ]) {
    const { from, to } = prefixRange(prefix);
    for (const [key] of [...db.transaction.range(from, to)]) db.transaction.remove(key);
  }
}

function workingCopy(record: GroupRecord): Group {
  // Field by field, here and below: a spread with more fields beside it, or without some, takes 40 times as long.
  return {
    number: record.number,
    lastId: record.lastId,
    entriesRead: record.entriesRead,
    pendingCount: record.pendingCount,
    consumerCount: record.consumerCount,
    consumerNext: record.consumerNext,
    firstPendingId: record.firstPendingId,
    firstPage: record.firstPage,
    lastPage: record.lastPage,
    name: record.name,
    consumers: new Map(),
    pages: new Map(),
  };
}

function recordOf(group: Group): GroupRecord {
  return {
    number: group.number,
    lastId: group.lastId,
    entriesRead: group.entriesRead,
    pendingCount: group.pendingCount,
    consumerCount: group.consumerCount,
    consumerNext: group.consumerNext,
    firstPendingId: group.firstPendingId,
    firstPage: group.firstPage,
    lastPage: group.lastPage,
    name: group.name,
  };
}

/** Writes the group, the consumers it has looked up, and what has changed of their pending entries. */
export function saveGroup(stream: Stream, group: Group): void {
  const { db, id } = stream;
  savePages(stream, group);
  const key = streamGroupKey(id, bytesOf(group.name));
  db.transaction.put(key, PendingValue.of(recordOf(group), encodeGroup));
  for (const { number, name, seenMs, activeMs, pendingCount } of group.consumers.values()) {
    const record = { name, seenMs, activeMs, pendingCount };
    db.transaction.put(consumerKey(id, group.number, number), PendingValue.of(record, encodeConsumer));
  }
}

/** Removes a consumer and forgets what it had pending; the group is to be saved afterwards. */
export function removeConsumer(stream: Stream, group: Group, consumer: Consumer): void {
  const { db, id } = stream;
  removePendingOf(stream, group, consumer);
  db.transaction.remove(consumerNameKey(id, group.number, bytesOf(consumer.name)));
  db.transaction.remove(consumerKey(id, group.number, consumer.number));
  group.consumers.delete(consumer.number);
  group.consumerCount -= 1;
}
