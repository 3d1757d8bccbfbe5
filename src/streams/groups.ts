/**
 * Consumer groups: groups, their consumers, and the entries each was given and has not acknowledged (pending).
 *
 * `Group` is a working copy for one command. It remembers the consumers that were looked up, and `saveGroup` writes
 * the group and those that have changed. Every pending entry stands under the group in id order, and under its
 * consumer; group and consumer count theirs.
 */
import { assert } from "../base/assert.ts";
import { bytesOf } from "../base/bytes.ts";
import {
  behind,
  consumerKey,
  consumerNameKey,
  consumerNamesPrefix,
  consumerPendingKey,
  consumerPendingPrefix,
  consumersPrefix,
  entryIdOfKey,
  pendingEntriesPrefix,
  pendingEntryKey,
  prefixRange,
  streamGroupKey,
  streamGroupsPrefix,
} from "../keyspace/layouts.ts";
import type { Entry } from "../storage/ordered-store.ts";
import { type EntryId, entryIdOfBytes, ID_MAX, ID_MIN } from "./entry-id.ts";
import {
  type ConsumerRecord,
  decodeConsumer,
  decodeGroup,
  decodePending,
  encodeConsumer,
  encodeGroup,
  encodePending,
  type GroupRecord,
  type PendingRecord,
} from "./records.ts";
import type { Stream } from "./streams.ts";

export interface Group extends GroupRecord {
  /** Consumers looked up, by number. */
  readonly consumers: Map<number, Consumer>;
  /** The first pending entry was removed: `firstPendingId` is now below all that are left. */
  isFirstPendingGone: boolean;
}

export interface Consumer extends ConsumerRecord {
  readonly number: number;
}

export interface PendingEntry extends PendingRecord {
  readonly id: EntryId;
}

export interface PendingRange {
  /** Both included. */
  readonly from: EntryId;
  readonly to: EntryId;
  /** Only those of this consumer. */
  readonly consumer?: Consumer | undefined;
}

const EMPTY = Buffer.alloc(0);

export function findGroup(stream: Stream, name: Buffer): Group | undefined {
  const value = stream.db.transaction.get(streamGroupKey(stream.id, bytesOf(name)));
  return value === undefined ? undefined : opened(value);
}

/** All groups, by name. */
export function groupsOf(stream: Stream): Group[] {
  if (stream.header.groupCount === 0) return [];
  const { from, to } = prefixRange(streamGroupsPrefix(stream.id));
  return [...stream.db.transaction.range(from, to)].map(([, value]) => opened(value));
}

function opened(value: Buffer): Group {
  return { ...decodeGroup(value), consumers: new Map(), isFirstPendingGone: false };
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
  const group: Group = {
    number: header.groupNext,
    name,
    lastId,
    entriesRead,
    pendingCount: 0,
    consumerCount: 0,
    consumerNext: 1,
    firstPendingId: ID_MIN,
    consumers: new Map(),
    isFirstPendingGone: false,
  };
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

/** Writes the group and the consumers it has looked up. */
export function saveGroup(stream: Stream, group: Group): void {
  const { db, id } = stream;
  settleFirstPending(stream, group);
  db.transaction.put(streamGroupKey(id, bytesOf(group.name)), encodeGroup(group));
  for (const consumer of group.consumers.values()) {
    db.transaction.put(consumerKey(id, group.number, consumer.number), encodeConsumer(consumer));
  }
}

export function findConsumer({ db, id }: Stream, group: Group, name: Buffer): Consumer | undefined {
  const value = db.transaction.get(consumerNameKey(id, group.number, bytesOf(name)));
  return value === undefined ? undefined : consumerAt({ db, id }, group, value.readUInt32BE(0));
}

/** The consumer with a number that a pending entry names. */
export function consumerAt({ db, id }: Pick<Stream, "db" | "id">, group: Group, number: number): Consumer {
  const known = group.consumers.get(number);
  if (known !== undefined) return known;
  const value = db.transaction.get(consumerKey(id, group.number, number));
  assert(value !== undefined, "a consumer that is named is there");
  const consumer = { ...decodeConsumer(value), number };
  group.consumers.set(number, consumer);
  return consumer;
}

/** All consumers, by name. */
export function consumersOf(stream: Stream, group: Group): Consumer[] {
  if (group.consumerCount === 0) return [];
  const { from, to } = prefixRange(consumerNamesPrefix(stream.id, group.number));
  return [...stream.db.transaction.range(from, to)].map(([, value]) =>
    consumerAt(stream, group, value.readUInt32BE(0)),
  );
}

/** Adds a consumer that is not there; the group is to be saved afterwards. */
export function createConsumer({ db, id }: Stream, group: Group, name: Buffer): Consumer {
  const number = group.consumerNext;
  const consumer = { number, name, seenMs: db.nowMs, activeMs: -1, pendingCount: 0 };
  group.consumerNext += 1;
  group.consumerCount += 1;
  group.consumers.set(number, consumer);
  const value = Buffer.allocUnsafe(4);
  value.writeUInt32BE(number);
  db.transaction.put(consumerNameKey(id, group.number, bytesOf(name)), value);
  return consumer;
}

/** Removes a consumer and forgets what it had pending; the group is to be saved afterwards. */
export function removeConsumer(stream: Stream, group: Group, consumer: Consumer): void {
  const { db, id } = stream;
  for (const { id: entryId } of [...pendingEntries(stream, group, { from: ID_MIN, to: ID_MAX, consumer })]) {
    removePending(stream, group, { id: entryId, consumer: consumer.number });
  }
  db.transaction.remove(consumerNameKey(id, group.number, bytesOf(consumer.name)));
  db.transaction.remove(consumerKey(id, group.number, consumer.number));
  group.consumers.delete(consumer.number);
  group.consumerCount -= 1;
}

export function findPending({ db, id }: Stream, group: Group, entryId: EntryId): PendingEntry | undefined {
  const value = db.transaction.get(pendingEntryKey(id, group.number, entryId));
  return value === undefined ? undefined : { ...decodePending(value), id: entryId };
}

/** Writes a pending entry; `before` is what is there, if anything. The group is to be saved afterwards. */
export function putPending(
  { db, id }: Stream,
  group: Group,
  pending: PendingEntry,
  before: PendingEntry | undefined,
): void {
  db.transaction.put(pendingEntryKey(id, group.number, pending.id), encodePending(pending));
  if (before?.consumer === pending.consumer) return;
  if (before === undefined) {
    if (group.pendingCount === 0 || pending.id < group.firstPendingId) {
      group.firstPendingId = pending.id;
      group.isFirstPendingGone = false;
    }
    group.pendingCount += 1;
  } else {
    consumerAt({ db, id }, group, before.consumer).pendingCount -= 1;
    db.transaction.remove(
      consumerPendingKey(consumerPendingPrefix(id, group.number, before.consumer), pending.id),
    );
  }
  consumerAt({ db, id }, group, pending.consumer).pendingCount += 1;
  db.transaction.put(
    consumerPendingKey(consumerPendingPrefix(id, group.number, pending.consumer), pending.id),
    EMPTY,
  );
}

/** Forgets a pending entry that is there; the group is to be saved afterwards. */
export function removePending(
  { db, id }: Stream,
  group: Group,
  pending: Pick<PendingEntry, "id" | "consumer">,
): void {
  db.transaction.remove(pendingEntryKey(id, group.number, pending.id));
  db.transaction.remove(
    consumerPendingKey(consumerPendingPrefix(id, group.number, pending.consumer), pending.id),
  );
  group.pendingCount -= 1;
  if (pending.id === group.firstPendingId) group.isFirstPendingGone = true;
  consumerAt({ db, id }, group, pending.consumer).pendingCount -= 1;
}

/** Pending entries in id order; lazy, to be read before the next write. */
export function* pendingEntries(
  stream: Stream,
  group: Group,
  { from: asked, to, consumer }: PendingRange,
): Generator<PendingEntry> {
  const from = asked < group.firstPendingId ? group.firstPendingId : asked;
  if ((consumer ?? group).pendingCount === 0 || from > to) return;
  const { transaction } = stream.db;
  if (consumer === undefined) {
    const prefixed = (id: EntryId) => pendingEntryKey(stream.id, group.number, id);
    for (const entry of transaction.range(prefixed(from), behind(prefixed(to)))) {
      yield { ...decodePending(entry[1]), id: idOf(entry) };
    }
    return;
  }
  const prefix = consumerPendingPrefix(stream.id, group.number, consumer.number);
  const range = transaction.range(consumerPendingKey(prefix, from), behind(consumerPendingKey(prefix, to)));
  for (const entry of range) {
    const pending = findPending(stream, group, idOf(entry));
    assert(pending !== undefined, "a consumer's pending entry is one of the group");
    yield pending;
  }
}

/** The lowest pending id; undefined when nothing is pending. */
export function firstPendingId(stream: Stream, group: Group): EntryId | undefined {
  settleFirstPending(stream, group);
  return group.pendingCount === 0 ? undefined : group.firstPendingId;
}

/** Finds the first pending entry anew once it was removed. */
function settleFirstPending(stream: Stream, group: Group): void {
  if (!group.isFirstPendingGone) return;
  group.isFirstPendingGone = false;
  for (const { id } of pendingEntries(stream, group, { from: ID_MIN, to: ID_MAX })) {
    group.firstPendingId = id;
    return;
  }
}

/** The highest pending id; undefined when nothing is pending. */
export function lastPendingId({ db, id }: Stream, group: Group): EntryId | undefined {
  const { from, to } = prefixRange(pendingEntriesPrefix(id, group.number));
  for (const entry of db.transaction.range(from, to, { reverse: true })) return idOf(entry);
  return undefined;
}

function idOf(entry: Entry): EntryId {
  return entryIdOfBytes(entryIdOfKey(entry[0]));
}
