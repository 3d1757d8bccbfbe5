/** The consumers of a group. */
import { assert } from "../base/assert.ts";
import { bytesOf } from "../base/bytes.ts";
import { consumerKey, consumerNameKey, consumerNamesPrefix, prefixRange } from "../keyspace/layouts.ts";
import type { EntryId } from "./entry-id.ts";
import type { PendingPage } from "./pending-page.ts";
import { type ConsumerRecord, decodeConsumer, encodeConsumer, type GroupRecord } from "./records.ts";
import type { Stream } from "./streams.ts";

/**
 * A working copy for one command. It remembers the consumers that were looked up and the pages of pending entries that
 * were changed; `saveGroup` writes them with the group.
 */
export interface Group extends GroupRecord {
  /** Consumers looked up, by number. */
  readonly consumers: Map<number, Consumer>;
  /** Pages of pending entries that were changed, by id. */
  readonly pages: Map<EntryId, PendingPage>;
}

export interface Consumer extends ConsumerRecord {
  readonly number: number;
}

export function findConsumer({ db, id }: Stream, group: Group, name: Buffer): Consumer | undefined {
  const value = db.transaction.get(consumerNameKey(id, group.number, bytesOf(name)));
  return value === undefined ? undefined : consumerAt({ db, id }, group, value.readUInt32BE(0));
}

/** The consumer with a number that a pending entry names. */
export function consumerAt({ db, id }: Pick<Stream, "db" | "id">, group: Group, number: number): Consumer {
  const known = group.consumers.get(number);
  if (known !== undefined) return known;
  const key = consumerKey(id, group.number, number);
  const pending = db.transaction.pendingAt(key, encodeConsumer);
  const value = pending === undefined ? db.transaction.get(key) : undefined;
  const record = pending ?? (value === undefined ? undefined : decodeConsumer(value));
  assert(record !== undefined, "a consumer that is named is there");
  const { name, seenMs, activeMs, pendingCount } = record;
  const consumer = { number, name, seenMs, activeMs, pendingCount };
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
