/** Reading the index of machines that have been in a state for longer than they should. */
import type { Bytes } from "../base/bytes.ts";
import type { Database } from "../keyspace/database.ts";
import { type OverdueEntry, overdueFields, overduePrefix, prefixRange } from "../keyspace/layouts.ts";
import type { KeyRecord } from "../keyspace/records.ts";

export interface OverdueState extends OverdueEntry {
  readonly position: Bytes;
  readonly key: Bytes;
  readonly record: KeyRecord;
}

/** The overdue states of a database, the longest overdue first, from a position on. */
export function* overdueStates(db: Database, cursor: Bytes | undefined): Generator<OverdueState> {
  const range = prefixRange(overduePrefix(db.phys));
  if (cursor !== undefined && cursor >= range.to) return;
  const from = cursor === undefined || cursor < range.from ? range.from : cursor;
  for (const [position] of db.transaction.range(from, range.to)) {
    const entry = overdueFields(position);
    const key = db.keyOf(entry.id);
    const record = key === undefined ? undefined : db.find(key);
    if (key !== undefined && record?.type === "machine") yield { ...entry, position, key, record };
  }
}

/** Entries that are counted at most. */
const COUNT_MAX = 10_000;

/** How many states of machines are overdue, `COUNT_MAX` standing for more, and by how much the first of them. */
export function overdueFigures(
  db: Database,
  nowMs: number,
): { readonly count: number; readonly longestMs: number } {
  const range = prefixRange(overduePrefix(db.phys));
  let count = 0;
  let longestMs = 0;
  for (const [key] of db.transaction.range(range.from, range.to)) {
    if (count === 0) longestMs = Math.max(0, nowMs - overdueFields(key).deadlineMs);
    count += 1;
    if (count === COUNT_MAX) break;
  }
  return { count, longestMs };
}
