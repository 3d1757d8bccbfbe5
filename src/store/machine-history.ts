/** The history of a machine: one entry for each recorded change, in the commit of the change. */
import { assert } from "../base/assert.ts";
import type { Json, JsonObject } from "../base/json.ts";
import { historyKey, revOfHistoryKey } from "./layouts.ts";
import type { OrderedReader } from "./ordered-store.ts";
import type { Transaction } from "./transaction.ts";

/** Why an entry was written. */
export type HistoryKind =
  | "create"
  | "set"
  | "event"
  | "mutate"
  | "force"
  | "reset"
  | "timer"
  | "suspend"
  | "resume";

export interface HistoryEntry {
  readonly rev: number;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly kind: HistoryKind;
  /** Active states before and after, as dotted paths. */
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly event?: string | undefined;
  readonly id?: string | undefined;
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
  readonly data?: Json | undefined;
  /** What has changed of the context. */
  readonly context?: JsonObject | undefined;
}

export function putHistory(transaction: Transaction, id: number, entry: HistoryEntry): void {
  transaction.put(historyKey(id, entry.rev), Buffer.from(JSON.stringify(entry), "utf8"));
}

export interface HistoryRange {
  /** First and last rev, both included. */
  readonly from: number;
  readonly to: number;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** The entries of a range of revs, ascending unless reversed. */
export function historyOf(reader: OrderedReader, id: number, range: HistoryRange): HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  const limit = range.limit ?? Number.POSITIVE_INFINITY;
  if (limit <= 0 || range.from > range.to) return entries;
  const options = { reverse: range.reverse === true };
  for (const [key, value] of reader.range(
    historyKey(id, range.from),
    historyKey(id, range.to + 1),
    options,
  )) {
    const entry: unknown = JSON.parse(value.toString("utf8"));
    assert(typeof entry === "object" && entry !== null, "a history entry is an object");
    // Written by putHistory under the rev in its key.
    entries.push({ ...(entry as HistoryEntry), rev: revOfHistoryKey(key) });
    if (entries.length === limit) break;
  }
  return entries;
}
