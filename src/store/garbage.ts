/**
 * Removal of what FLUSHDB and FLUSHALL left behind, piece by piece. A flush gives the database index a new
 * physical number and queues the old one in the `g` space; here its keys are removed, a few at a time. How far
 * it has got needs no record: what is left is what is still there.
 */
import { bytesOf } from "../base/bytes.ts";
import { GARBAGE_DATABASE } from "./databases.ts";
import {
  counterKey,
  databasePrefix,
  expiryKey,
  garbageFields,
  garbageSpace,
  idOfOrderKey,
  prefixRange,
  recordKey,
} from "./layouts.ts";
import { OBJECT_STORAGES } from "./objects.ts";
import { decodeRecord } from "./records.ts";
import type { Transaction } from "./transaction.ts";

/** Stands for the index of a database that has none any more. */
const NO_DATABASE = -1;

/**
 * Removes up to `limit` objects of flushed databases with all they keep. Returns how many; fewer than `limit`
 * means that no garbage is left. O(limit), not counting what a single object keeps.
 */
export function collectGarbage(transaction: Transaction, limit: number): number {
  let removed = 0;
  const { from, to } = garbageSpace(GARBAGE_DATABASE);
  for (const [key] of [...take(transaction.range(from, to), limit)]) {
    const { number: phys } = garbageFields(key);
    removed += removeObjects(transaction, phys, limit - removed);
    if (removed === limit) return removed;
    transaction.remove(counterKey(`keys${phys}`));
    transaction.remove(counterKey(`expires${phys}`));
    transaction.remove(key);
  }
  return removed;
}

function removeObjects(transaction: Transaction, phys: number, limit: number): number {
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
    OBJECT_STORAGES[record.type].removed(transaction, place, record);
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
