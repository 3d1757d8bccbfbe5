/** Machines go to other keys and databases with all that belong to them, or not at all. */
import type { Bytes } from "../base/bytes.ts";
import type { Database } from "../keyspace/database.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import * as errors from "../protocol/errors.ts";
import { keyOfChild, linksOf } from "./child-links.ts";
import { takeDefinitionAlong } from "./definition-copy.ts";
import { decodeMachine } from "./record.ts";

interface Placed {
  readonly key: Bytes;
  readonly record: KeyRecord;
}

/** Whether the object of a record is a machine that belongs to another. */
export function isChild(record: KeyRecord): boolean {
  return record.type === "machine" && decodeMachine(record).parent !== undefined;
}

/** Those that belong to an object, and to them, each with the key it has when the first has another. */
function* descendants(
  db: Database,
  { record }: Placed,
  to: Bytes,
): Generator<Placed & { readonly to: Bytes }> {
  if (record.type !== "machine" || decodeMachine(record).childCount === 0) return;
  for (const link of linksOf(db.transaction, record.id)) {
    const key = link.child === undefined ? undefined : db.keyOf(link.child);
    const child = key === undefined ? undefined : db.find(key);
    if (key === undefined || child === undefined) continue;
    const next = keyOfChild(to, link);
    if (next === undefined) throw errors.cannotHaveChildren();
    const placed = { key, record: child };
    yield { ...placed, to: next };
    yield* descendants(db, placed, next);
  }
}

/** False when a key of the target database is in the way of one that belongs to the object. */
export function mayMove(from: Database, object: Placed, to: Database): boolean {
  for (const { key } of descendants(from, object, object.key)) if (to.find(key) !== undefined) return false;
  return true;
}

/**
 * Gives an object another key or database, in place of what is there, and takes those along that belong to it.
 * @throws ReplyError when it belongs to another itself, or a key that one of them needs is taken
 */
export function moveFamily(
  from: Database,
  object: Placed,
  target: { readonly db: Database; readonly key: Bytes },
): void {
  const { db, key } = target;
  if (isChild(object.record)) throw errors.livesWithParent();
  const isMove = from.phys !== db.phys;
  const events = isMove ? (["move_from", "move_to"] as const) : (["rename_from", "rename_to"] as const);
  // Listed before the first moves: then their keys are still there.
  const others = [...descendants(from, object, key)];
  for (const { record } of [object, ...others]) takeDefinitionAlong(from, record, db);
  from.moveTo(db, object.key, object.record, key, events);
  for (const other of others) {
    // What stood at the key of the first took those along that belonged to it.
    const record = from.find(other.key);
    if (record === undefined) continue;
    if (db.find(other.to) !== undefined) throw errors.busyKey();
    from.moveTo(db, other.key, record, other.to, events);
  }
}
