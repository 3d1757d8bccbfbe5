/**
 * Removal, piece by piece, of what was too much to remove at once. A flush gives the database index a new
 * physical number and queues the old one in the `g` space, and an object that is removed queues its id if it
 * has kept entries of its own; here they go, a few at a time. How far it has got needs no record: what is left
 * is what is still there.
 */
import { bytesOf } from "../base/bytes.ts";
import { GARBAGE_DATABASE } from "./databases.ts";
import {
  bulkPrefix,
  counterKey,
  databasePrefix,
  definitionRecordPrefix,
  expiryKey,
  GARBAGE_MIGRATION,
  GARBAGE_OBJECT,
  garbageFields,
  garbageKey,
  garbageSpace,
  idOfOrderKey,
  migratedPrefix,
  migrationFields,
  migrationPrefix,
  objectRanges,
  prefixRange,
  recordKey,
} from "./layouts.ts";
import { decodeRecord } from "./records.ts";
import type { Transaction } from "./transaction.ts";

/** Stands for the index of a database that has none any more. */
const NO_DATABASE = -1;

/**
 * Removes up to `limit` keys of flushed databases and entries of removed objects. Returns how many; fewer than
 * `limit` means that no garbage is left. O(limit).
 */
export function collectGarbage(transaction: Transaction, limit: number): number {
  const removed = collect(transaction, GARBAGE_DATABASE, limit, removeDatabase);
  // Behind it, as the machines and migrations of a flushed database leave what they kept to these.
  const cleared = removed + collect(transaction, GARBAGE_OBJECT, limit - removed, removeObject);
  return cleared + collect(transaction, GARBAGE_MIGRATION, limit - cleared, removeMigration);
}

/** Removes up to `limit` of what a number names, and returns how many; fewer means that nothing is left. */
type Remove = (transaction: Transaction, number: number, limit: number) => number;

function collect(transaction: Transaction, kind: string, limit: number, remove: Remove): number {
  let removed = 0;
  const { from, to } = garbageSpace(kind);
  for (const [key] of [...take(transaction.range(from, to), limit)]) {
    removed += remove(transaction, garbageFields(key).number, limit - removed);
    if (removed === limit) return removed;
    transaction.remove(key);
    removed += 1;
    if (removed === limit) return removed;
  }
  return removed;
}

function removeDatabase(transaction: Transaction, phys: number, limit: number): number {
  const removed = removeKeys(transaction, phys, limit);
  if (removed === limit) return removed;
  const definitions = prefixRange(definitionRecordPrefix(phys));
  const jobs = prefixRange(bulkPrefix(phys));
  let count = removed;
  for (const { from, to } of [definitions, jobs]) {
    const entries = [...take(transaction.range(from, to), limit - count)];
    for (const [key] of entries) transaction.remove(key);
    count += entries.length;
    if (count === limit) return limit;
  }
  const migrations = prefixRange(migrationPrefix(phys));
  for (const [key] of [...transaction.range(migrations.from, migrations.to)]) {
    const { kind, number } = migrationFields(key);
    if (kind === "j") transaction.put(garbageKey(GARBAGE_MIGRATION, number), Buffer.alloc(0));
    transaction.remove(key);
  }
  transaction.remove(counterKey(`keys${phys}`));
  transaction.remove(counterKey(`expires${phys}`));
  return count;
}

function removeMigration(transaction: Transaction, number: number, limit: number): number {
  const { from, to } = prefixRange(migratedPrefix(number));
  const entries = [...take(transaction.range(from, to), limit)];
  for (const [key] of entries) transaction.remove(key);
  return entries.length;
}

function removeObject(transaction: Transaction, id: number, limit: number): number {
  let removed = 0;
  for (const { from, to } of objectRanges(id)) {
    const entries = [...take(transaction.range(from, to), limit - removed)];
    for (const [key] of entries) transaction.remove(key);
    removed += entries.length;
  }
  return removed;
}

function removeKeys(transaction: Transaction, phys: number, limit: number): number {
  const records = databasePrefix("k", phys);
  const { from, to } = prefixRange(databasePrefix("o", phys));
  const entries = [...take(transaction.range(from, to), limit)];
  for (const [key, value] of entries) {
    const userKey = bytesOf(value);
    const at = recordKey(records, userKey);
    const buffer = transaction.get(at);
    transaction.remove(key);
    if (buffer === undefined) continue;
    const record = decodeRecord(buffer);
    transaction.remove(at);
    if (record.expireAtMs !== 0) {
      transaction.remove(expiryKey(record.expireAtMs, phys, idOfOrderKey(key)));
    }
    const place = { database: NO_DATABASE, phys, key: userKey };
    transaction.objects.storageOf(record.type).removed(transaction, place, record);
  }
  return entries.length;
}

function* take<T>(items: Iterable<T>, count: number): Generator<T> {
  if (count <= 0) return;
  let left = count;
  for (const item of items) {
    yield item;
    left -= 1;
    if (left === 0) return;
  }
}
