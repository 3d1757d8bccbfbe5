/** The history of a machine: one entry for each recorded change, in the commit of the change. */

import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { EventData } from "../base/event-data.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { Trail } from "../engine/trail.ts";
import { historyKey, revOfHistoryKey } from "../keyspace/layouts.ts";
import { Transaction } from "../keyspace/transaction.ts";
import type { OrderedReader, Write } from "../storage/ordered-store.ts";
import {
  decodeEntry,
  encodeChunk,
  encodeEntry,
  entriesOfChunk,
  isChunk,
  revOfEntry,
} from "./history-codec.ts";
import type { ActiveState, MachineStatus } from "./record.ts";
import { type Standing, standingAfter } from "./standing.ts";

/** Why an entry was written. */
export type HistoryKind =
  | "create"
  | "set"
  | "event"
  | "raise"
  | "send"
  | "child"
  | "timer"
  | "mutate"
  | "force"
  | "reset"
  | "suspend"
  | "resume"
  | "refused"
  | "failed"
  | "retry"
  | "patch"
  | "undo"
  | "migrate"
  | "imported";

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
  readonly data?: EventData | undefined;
  /** What has changed of the context: values by path, null for what is gone; of the first entry the whole context. */
  readonly context?: JsonObject | undefined;
  /** The paths among them where nothing is any more. */
  readonly gone?: readonly string[] | undefined;
  /** What else the change took away and added, which no reply shows: it serves SM.UNDO and SM.REPLAY. */
  readonly rest?: Rest | undefined;
  /** Of an entry of an earlier version, which did not keep these two. */
  readonly isPartial?: true;
  /** The status since then; undefined: active. */
  readonly status?: Exclude<MachineStatus, "active"> | undefined;
  /** What the change was to have done outside: emitted events, tasks, log lines. */
  readonly effects?: Json | undefined;
  /** Atomic states that were entered and left again, in order. */
  readonly via?: readonly string[] | undefined;
  /** When it happened at its source, milliseconds since the epoch, as the event said. */
  readonly stampMs?: number | undefined;
  /** What the machine has come to, of the change that has ended it. */
  readonly output?: Json | undefined;
  /** The trace the event belongs to, as W3C's `traceparent` writes it. */
  readonly trace?: string | undefined;
}

/** See `HistoryEntry.rest`; each field is left out where there is none of it. */
export interface Rest extends Trail {
  /** Failed steps that were dropped, and the numbers of those that came. */
  readonly f?: readonly JsonObject[];
  readonly n?: readonly number[];
  /** The reason of the machine since then, where it is not that of the entry or the one before; null for none. */
  readonly r?: string | null;
  /** The timer that has fired. */
  readonly x?: JsonObject;
  /** What left for other machines, in order. */
  readonly o?: readonly Sent[];
  /** Of an undo: since when the states are active that it has made active again. */
  readonly s?: readonly ActiveState[];
}

/** An event for another machine, a child that was made, or one that was stopped. */
export type Sent =
  | readonly [kind: "send", to: string, event: string, id: string | null]
  | readonly [kind: "spawn", id: string, src: string]
  | readonly [kind: "stop", id: string];

/** A chunk takes no further entry when it has so many, or so many bytes. */
const CHUNK_ENTRIES_MAX = 64;
const CHUNK_BYTES_MAX = 4096;

/** Writes an entry as a chunk of its own: what other entries are in is not touched. */
export function putHistory(transaction: Transaction, id: number, entry: HistoryEntry): void {
  transaction.put(historyKey(id, entry.rev), encodeChunk([encodeEntry(entry)]));
}

/**
 * The writes that add encoded entries, whose revs ascend, to the history of a machine that keeps the newest `max` (0:
 * all); those that have been trimmed are passed over. Costs a look at the chunk they follow, and what it drops.
 */
export function historyWrites(
  reader: OrderedReader,
  id: number,
  entries: readonly Buffer[],
  max: number,
): Write[] {
  const newest = entries.at(-1);
  if (newest === undefined) return [];
  const writes = appended(reader, id, entries);
  const rev = revOfEntry(newest);
  if (max === 0 || rev <= max) return writes;
  const transaction = new Transaction(reader);
  transaction.apply(writes);
  trimHistory(transaction, id, { rev, max });
  return transaction.writes().sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * The chunks that entries fill, from the one that the first of them follows or is in: not from the last chunk there is.
 * After a crash within a checkpoint the data file may have chunks of these very entries, while the journals bring back an
 * older value of an earlier chunk, which has to be filled again. Chunks depend on entries alone, so that all of them
 * are the same again.
 */
function appended(reader: OrderedReader, id: number, all: readonly Buffer[]): Write[] {
  const { entries, base } = placed(reader, id, all);
  const writes: Write[] = [];
  let open: Buffer[] = base === undefined ? [] : [...base.entries];
  let openRev = base?.rev ?? 0;
  let openBytes = open.reduce((sum, entry) => sum + entry.length, 0);
  let isChanged = false;
  const baseEnd = base === undefined ? 0 : lastRevOf(base);
  for (const bytes of entries) {
    const rev = revOfEntry(bytes);
    if (rev <= baseEnd) continue;
    if (open.length === 0 || open.length >= CHUNK_ENTRIES_MAX || openBytes >= CHUNK_BYTES_MAX) {
      if (isChanged) writes.push([historyKey(id, openRev), encodeChunk(open)]);
      open = [];
      openRev = rev;
      openBytes = 0;
    }
    open.push(bytes);
    openBytes += bytes.length;
    isChanged = true;
  }
  if (isChanged) writes.push([historyKey(id, openRev), encodeChunk(open)]);
  return writes;
}

/** The entries that have not been trimmed, and the chunk that they follow or begin in. */
function placed(
  reader: OrderedReader,
  id: number,
  entries: readonly Buffer[],
): { readonly entries: readonly Buffer[]; readonly base: Chunk | undefined } {
  const [first] = entries;
  const base = first === undefined ? undefined : chunkUpTo(reader, id, revOfEntry(first));
  // Nearly always: nothing can have been trimmed behind an entry that is there.
  if (first === undefined || (base !== undefined && lastRevOf(base) >= revOfEntry(first) - 1))
    return { entries, base };
  const trimmedRev = trimmedOf(reader, id)?.rev ?? 0;
  const kept = entries.filter((bytes) => revOfEntry(bytes) > trimmedRev);
  const [firstKept] = kept;
  return {
    entries: kept,
    base: firstKept === undefined ? undefined : chunkUpTo(reader, id, revOfEntry(firstKept)),
  };
}

interface Chunk {
  /** Of the first entry. */
  readonly rev: number;
  /** None where the chunk is an entry of the first format. */
  readonly entries: readonly Buffer[];
}

/** The last chunk whose first entry has no later rev than that: the one that the entry of that rev is in, or follows. */
function chunkUpTo(reader: OrderedReader, id: number, rev: number): Chunk | undefined {
  const likely = likelyChunk(reader, id, rev);
  if (likely !== undefined) return likely;
  for (const [key, value] of reader.range(historyKey(id, 1), historyKey(id, rev + 1), { reverse: true }))
    return chunkOf(key, value);
  return undefined;
}

/**
 * The same where chunks are full from the first entry on, as those of short entries are: to look for a key is
 * cheaper than a range. Undefined where another chunk may follow this one.
 */
function likelyChunk(reader: OrderedReader, id: number, rev: number): Chunk | undefined {
  const before = rev - 1;
  if (before < 1) return undefined;
  const key = historyKey(id, before - ((before - 1) % CHUNK_ENTRIES_MAX));
  const value = reader.get(key);
  if (value === undefined || !isChunk(value) || value.length >= CHUNK_BYTES_MAX) return undefined;
  const chunk = chunkOf(key, value);
  return chunk.entries.length < CHUNK_ENTRIES_MAX && lastRevOf(chunk) >= before ? chunk : undefined;
}

function chunkOf(key: Bytes, value: Buffer): Chunk {
  return { rev: revOfHistoryKey(key), entries: isChunk(value) ? entriesOfChunk(value) : [] };
}

function lastRevOf({ rev, entries }: Chunk): number {
  const last = entries.at(-1);
  return last === undefined ? rev : revOfEntry(last);
}

/**
 * The form of the entries of the first format, and of what stands for trimmed ones: field by field, cut off behind the
 * last that is there.
 */
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
  status?: Exclude<MachineStatus, "active"> | null,
  effects?: Json,
  /** Where earlier versions had the data. */
  formerData?: Json,
  more?: More,
];

/** By name, so that a null among the values is not taken for none. */
interface More {
  /** The text of the data. */
  readonly data?: string | undefined;
  readonly via?: readonly string[] | undefined;
  readonly stamp?: number | undefined;
  readonly output?: Json | undefined;
  readonly trace?: string | undefined;
  /** What stands for trimmed entries: the context may hold a null where nothing is. */
  readonly unsure?: true | undefined;
}

function fieldsOf(entry: HistoryEntry & Pick<Standing, "isUnsure">): readonly unknown[] {
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
    undefined,
    moreOf(entry),
  ];
  let length = fields.length;
  while (fields[length - 1] === undefined) length -= 1;
  // In an array JSON.stringify writes undefined as null.
  return length === fields.length ? fields : fields.slice(0, length);
}

function moreOf({
  data,
  via,
  stampMs,
  output,
  trace,
  isUnsure: unsure,
}: HistoryEntry & Pick<Standing, "isUnsure">): More | undefined {
  const hasMore =
    data !== undefined ||
    unsure !== undefined ||
    via !== undefined ||
    stampMs !== undefined ||
    output !== undefined ||
    trace !== undefined;
  return hasMore ? { data: data?.text, via, stamp: stampMs, output, trace, unsure } : undefined;
}

/** Entries that one write trims at most, for a limit that was lowered: the rest goes with the next writes. */
const TRIMMED_MAX = 100;

export interface HistoryLimit {
  /** The rev the machine has come to. */
  readonly rev: number;
  /** The newest entries to keep; 0: all. */
  readonly max: number;
}

/** Keeps the newest entries of a machine. */
export function trimHistory(transaction: Transaction, id: number, limit: HistoryLimit): void {
  transaction.apply(trimmed(transaction, id, limit));
}

/**
 * The writes that trim a history. What the machine was after the last entry that went is kept in their place, so that
 * what it was later is still known; entries up to there count as gone, and a chunk goes when all of its have.
 */
function trimmed(reader: OrderedReader, id: number, { rev, max }: HistoryLimit): Write[] {
  const last = rev - max;
  if (max === 0 || last < 1) return [];
  let standing = trimmedOf(reader, id);
  const writes: Write[] = [];
  if (standing === undefined || standing.rev < last) {
    const entries = historyOf(reader, id, { from: 1, to: last, limit: TRIMMED_MAX });
    for (const entry of entries) standing = standingAfter(standing, entry);
    if (standing === undefined) return [];
    const fields = [standing.rev, ...fieldsOf(standing)];
    writes.push([historyKey(id, TRIMMED_REV), Buffer.from(JSON.stringify(fields), "utf8")]);
  }
  // A restart may have brought back chunks that had gone, below what had been trimmed.
  for (const [key, value] of reader.range(historyKey(id, 1), historyKey(id, standing.rev + 1))) {
    if (lastRevOf(chunkOf(key, value)) <= standing.rev) writes.push([key, null]);
  }
  return writes;
}

/** Where it stands what a machine was after the last entry that was trimmed; entries count from 1. */
const TRIMMED_REV = 0;

export function trimmedOf(reader: OrderedReader, id: number): Standing | undefined {
  const value = reader.get(historyKey(id, TRIMMED_REV));
  return value === undefined ? undefined : decodeFields(TRIMMED_REV, value);
}

/**
 * What a machine was after the last entry that `counts`; undefined when none does. The context is undefined when the
 * history does not tell. O(number of entries until then).
 */
export function standingAt(
  reader: OrderedReader,
  id: number,
  { to, counts }: { readonly to: number; readonly counts: (entry: Standing) => boolean },
): Standing | undefined {
  const trimmed = trimmedOf(reader, id);
  let standing = trimmed !== undefined && counts(trimmed) ? trimmed : undefined;
  for (const entry of historyOf(reader, id, { from: 1, to })) {
    if (counts(entry)) standing = standingAfter(standing, entry);
  }
  return standing;
}

/**
 * The entries of what stands under a rev: a chunk, an entry of the first format, or what stands for those that were
 * trimmed. @throws Error when it is none: data is never guessed at
 */
export function decodeHistory(revOfKey: number, value: Buffer): HistoryEntry[] {
  return isChunk(value) ? entriesOfChunk(value).map(decodeEntry) : [decodeFields(revOfKey, value)];
}

function decodeFields(revOfKey: number, value: Buffer): HistoryEntry & Pick<Standing, "isUnsure"> {
  const parsed: unknown = JSON.parse(value.toString("utf8"));
  assert(Array.isArray(parsed), "a history entry");
  const stored: unknown[] = revOfKey === TRIMMED_REV ? parsed.slice(1) : parsed;
  const rev: unknown = revOfKey === TRIMMED_REV ? parsed[0] : revOfKey;
  assert(typeof rev === "number" && stored.length >= 4 && stored.length <= 13, "a history entry");
  // Written by an earlier version, or by `trimmed`; the store checks its bytes.
  const [atMs, kind, from, to, reason, event, id, by, context, status, effects, formerData, more] =
    stored as Stored;
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
    data: dataOf(more === undefined ? JSON.stringify(formerData) : more.data),
    context: context ?? undefined,
    status: status ?? undefined,
    effects: effects ?? undefined,
    via: more?.via,
    stampMs: more?.stamp,
    output: more?.output,
    trace: more?.trace,
    isPartial: true,
    isUnsure: more?.unsure,
  };
}

function dataOf(text: string | undefined): EventData | undefined {
  return text === undefined ? undefined : EventData.ofText(text);
}

export interface HistoryRange {
  /** First and last rev, both included. */
  readonly from: number;
  readonly to: number;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** The entries of a range of revs that were not trimmed, ascending unless reversed. */
export function historyOf(reader: OrderedReader, id: number, range: HistoryRange): HistoryEntry[] {
  const found: HistoryEntry[] = [];
  const limit = range.limit ?? Number.POSITIVE_INFINITY;
  const from = Math.max(range.from, (trimmedOf(reader, id)?.rev ?? 0) + 1);
  if (limit <= 0 || from > range.to) return found;
  const reverse = range.reverse === true;
  for (const entry of entriesBetween(reader, id, {
    from: chunkStart(reader, id, from),
    to: range.to,
    reverse,
  })) {
    if (entry.rev < from || entry.rev > range.to) continue;
    found.push(entry);
    if (found.length === limit) break;
  }
  return found;
}

/** The rev under which the chunk stands that would hold the entry of a rev. */
function chunkStart(reader: OrderedReader, id: number, rev: number): number {
  for (const [key] of reader.range(historyKey(id, 1), historyKey(id, rev + 1), { reverse: true }))
    return revOfHistoryKey(key);
  return rev;
}

function* entriesBetween(
  reader: OrderedReader,
  id: number,
  { from, to, reverse }: { readonly from: number; readonly to: number; readonly reverse: boolean },
): Generator<HistoryEntry> {
  for (const [key, value] of reader.range(historyKey(id, from), historyKey(id, to + 1), { reverse })) {
    const entries = decodeHistory(revOfHistoryKey(key), value);
    yield* reverse ? entries.reverse() : entries;
  }
}
