/** The history of a machine: one entry for each recorded change, in the commit of the change. */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import type { Json, JsonObject } from "../base/json.ts";
import { historyKey, revOfHistoryKey } from "./layouts.ts";
import type { OrderedReader } from "./ordered-store.ts";
import type { Transaction } from "./transaction.ts";

/** Why an entry was written. */
export type HistoryKind =
  | "create"
  | "set"
  | "event"
  | "raise"
  | "send"
  | "timer"
  | "mutate"
  | "force"
  | "reset"
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
  /** What has changed of the context: values by dotted path; of the first entry the whole context. */
  readonly context?: JsonObject | undefined;
  /** The status since then; undefined: active. */
  readonly status?: "done" | "suspended" | undefined;
  /** What the change was to have done outside: emitted events, tasks, log lines. */
  readonly effects?: Json | undefined;
}

/** Field by field, the rev being in the key, and cut off behind the last that is there: half of what objects take. */
type Stored = [
  atMs: number,
  kind: HistoryKind,
  from: readonly string[],
  to: readonly string[],
  reason?: string | null,
  event?: string | null,
  id?: string | null,
  by?: string | null,
  /** Null, or what changed of the context. */
  context?: JsonObject | null,
  status?: "done" | "suspended" | null,
  effects?: Json,
  /** Last, so that a null among the data is not taken for none. */
  data?: Json,
];

export function putHistory(transaction: Transaction, id: number, entry: HistoryEntry): void {
  const fields = [
    entry.atMs,
    entry.kind,
    entry.from,
    entry.to,
    entry.reason,
    entry.event,
    entry.id,
    entry.by,
    entry.context,
    entry.status,
    entry.effects,
    entry.data,
  ];
  let length = fields.length;
  while (fields[length - 1] === undefined) length -= 1;
  // In an array JSON.stringify writes undefined as null.
  const stored = length === fields.length ? fields : fields.slice(0, length);
  transaction.put(historyKey(id, entry.rev), Buffer.from(JSON.stringify(stored), "utf8"));
}

/** Entries that one write removes at most, for a limit that was lowered: the rest goes with the next writes. */
const TRIMMED_MAX = 100;

/** Keeps the newest `max` entries of a machine that has come to `rev`; 0 keeps all. */
export function trimHistory(
  transaction: Transaction,
  id: number,
  { rev, max }: { readonly rev: number; readonly max: number },
): void {
  const last = rev - max;
  if (max === 0 || last < 1) return;
  transaction.remove(historyKey(id, last));
  if (last === 1 || transaction.get(historyKey(id, last - 1)) === undefined) return;
  const older: Bytes[] = [];
  for (const [key] of transaction.range(historyKey(id, 0), historyKey(id, last))) {
    older.push(key);
    if (older.length === TRIMMED_MAX) break;
  }
  for (const key of older) transaction.remove(key);
}

/** The entry that putHistory wrote. @throws Error when it is none: data is never guessed at */
export function decodeHistory(rev: number, value: Buffer): HistoryEntry {
  const stored: unknown = JSON.parse(value.toString("utf8"));
  assert(Array.isArray(stored) && stored.length >= 4 && stored.length <= 12, "a history entry");
  // Written by putHistory; the store checks its bytes.
  const [atMs, kind, from, to, reason, event, id, by, context, status, effects, data] = stored as Stored;
  return {
    rev,
    atMs,
    kind,
    from,
    to,
    event: event ?? undefined,
    id: id ?? undefined,
    by: by ?? undefined,
    reason: reason ?? undefined,
    data,
    context: context ?? undefined,
    status: status ?? undefined,
    effects: effects ?? undefined,
  };
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
    entries.push(decodeHistory(revOfHistoryKey(key), value));
    if (entries.length === limit) break;
  }
  return entries;
}
