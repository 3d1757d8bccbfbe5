/**
 * What consumers were given and have not acknowledged: the pending entries of a group, in pages (pending-page.ts).
 *
 * A page is kept under the lowest id it may hold. For each consumer that has entries in a page there is a key under
 * the consumer that names the page; the page lists the consumers that have such a key. A page that has lost its
 * entries goes, but for the last one: workers that keep up write it over and over, and no key comes or goes.
 *
 * Pages are changed in the working copy of the group; `saveGroup` writes them.
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { DecodedValues } from "../base/decoded-values.ts";
import {
  behind,
  consumerPendingKey,
  consumerPendingPrefix,
  entryIdOfKey,
  pendingEntriesPrefix,
  pendingEntryKey,
  prefixRange,
} from "../keyspace/layouts.ts";
import { PendingValue } from "../keyspace/pending-value.ts";
import { type Consumer, consumerAt, type Group } from "./consumers.ts";
import { type EntryId, entryIdOfBytes, ID_MAX, ID_MIN } from "./entry-id.ts";
import {
  decodePage,
  encodePage,
  indexInPage,
  PAGE_ENTRIES_MAX,
  type PendingEntry,
  type PendingPage,
  withStored,
} from "./pending-page.ts";
import type { Stream } from "./streams.ts";

export interface PendingRange {
  /** Both included. */
  readonly from: EntryId;
  readonly to: EntryId;
  /** Only those of this consumer. */
  readonly consumer?: Consumer | undefined;
}

/** Consumers a page lists before those are dropped that have no entries in it. */
const LISTED_MAX = 32;

const EMPTY = Buffer.alloc(0);
const known = new DecodedValues<PendingPage>();

export function findPending(stream: Stream, group: Group, id: EntryId): PendingEntry | undefined {
  const page = pageFor(stream, group, id);
  const entry = page?.entries[indexInPage(page, id)];
  return entry?.id === id ? entry : undefined;
}

/** Makes an entry pending, or changes what is known of it. The group is to be saved afterwards. */
export function putPending(stream: Stream, group: Group, pending: PendingEntry): void {
  const page = pageFor(stream, group, pending.id);
  const index = page === undefined ? 0 : indexInPage(page, pending.id);
  const before = page?.entries[index];
  if (page !== undefined && before?.id === pending.id) {
    if (before.consumer !== pending.consumer) {
      consumerAt(stream, group, before.consumer).pendingCount -= 1;
      consumerAt(stream, group, pending.consumer).pendingCount += 1;
    }
    const entries = [...page.entries];
    entries[index] = pending;
    change(stream, group, { id: page.id, consumers: page.consumers, entries }, pending.consumer);
    return;
  }
  const pageId = insert(stream, group, { page, index, pending });
  if (group.pendingCount === 0 || pending.id < group.firstPendingId) {
    group.firstPendingId = pending.id;
    group.firstPage = pageId;
  }
  group.pendingCount += 1;
  consumerAt(stream, group, pending.consumer).pendingCount += 1;
}

interface Insertion {
  readonly page: PendingPage | undefined;
  readonly index: number;
  readonly pending: PendingEntry;
}

/** Puts an entry where it belongs; returns the id of its page. */
function insert(stream: Stream, group: Group, { page, index, pending }: Insertion): EntryId {
  if (page === undefined) {
    // The last page is kept without entries, for what comes behind it.
    if (group.pendingCount === 0) dropLastPage(stream, group);
    return addPage(stream, group, [pending]);
  }
  if (page.entries.length < PAGE_ENTRIES_MAX) {
    const stored = index === page.entries.length ? page.stored : undefined;
    change(
      stream,
      group,
      { id: page.id, consumers: page.consumers, entries: withEntry(page.entries, index, pending), stored },
      pending.consumer,
    );
    return page.id;
  }
  if (index === page.entries.length) return addPage(stream, group, [pending]);
  const middle = PAGE_ENTRIES_MAX / 2;
  const secondId = addPage(stream, group, page.entries.slice(middle));
  const first = { id: page.id, consumers: page.consumers, entries: page.entries.slice(0, middle) };
  group.pages.set(page.id, first);
  const target = index <= middle ? first : group.pages.get(secondId);
  assert(target !== undefined, "the page that was just made");
  return insert(stream, group, { page: target, index: indexInPage(target, pending.id), pending });
}

function withEntry(entries: readonly PendingEntry[], index: number, entry: PendingEntry): PendingEntry[] {
  if (index === entries.length) return [...entries, entry];
  return [...entries.slice(0, index), entry, ...entries.slice(index)];
}

/** Forgets a pending entry; false when it is none. The group is to be saved afterwards. */
export function removePending(stream: Stream, group: Group, id: EntryId): boolean {
  const page = pageFor(stream, group, id);
  const index = page === undefined ? 0 : indexInPage(page, id);
  const entry = page?.entries[index];
  if (page === undefined || entry?.id !== id) return false;
  const entries = page.entries.filter((_, at) => at !== index);
  group.pendingCount -= 1;
  consumerAt(stream, group, entry.consumer).pendingCount -= 1;
  leave(stream, group, { id: page.id, consumers: page.consumers, entries });
  if (id === group.firstPendingId) settleFirst(stream, group);
  return true;
}

/** Forgets all a consumer has pending; the group is to be saved afterwards. */
export function removePendingOf(stream: Stream, group: Group, consumer: Consumer): void {
  const prefix = consumerPendingPrefix(stream.id, group.number, consumer.number);
  const { from, to } = prefixRange(prefix);
  const { transaction } = stream.db;
  for (const [key] of [...transaction.range(from, to)]) {
    transaction.remove(key);
    const page = pageAt(stream, group, idOfKey(key));
    assert(page !== undefined, "a page that a consumer has entries in");
    const entries = page.entries.filter((entry) => entry.consumer !== consumer.number);
    const consumers = page.consumers.filter((number) => number !== consumer.number);
    group.pendingCount -= page.entries.length - entries.length;
    leave(stream, group, { id: page.id, consumers, entries });
  }
  consumer.pendingCount = 0;
  settleFirst(stream, group);
}

/** Pending entries in the order of their ids; lazy, to be read before the next write. */
export function* pendingEntries(
  stream: Stream,
  group: Group,
  { from: asked, to, consumer }: PendingRange,
): Generator<PendingEntry> {
  const from = asked < group.firstPendingId ? group.firstPendingId : asked;
  if ((consumer ?? group).pendingCount === 0 || from > to) return;
  const pages =
    consumer === undefined
      ? pagesFrom(stream, group, from, to)
      : pagesOf(stream, group, { from, to, consumer });
  for (const page of pages) {
    for (let index = indexInPage(page, from); index < page.entries.length; index += 1) {
      const entry = page.entries[index];
      if (entry === undefined || entry.id > to) break;
      if (consumer === undefined || entry.consumer === consumer.number) yield entry;
    }
  }
}

/** The pages that may hold ids of an interval that begins at or above the first pending one. */
function* pagesFrom(stream: Stream, group: Group, from: EntryId, to: EntryId): Generator<PendingPage> {
  const first = pageFor(stream, group, from);
  const start = pendingEntryKey(stream.id, group.number, first?.id ?? group.firstPage);
  const end = behind(pendingEntryKey(stream.id, group.number, to));
  for (const [key, value] of stream.db.transaction.range(start, end)) {
    yield group.pages.get(idOfKey(key)) ?? decoded(key, value);
  }
}

function* pagesOf(
  stream: Stream,
  group: Group,
  { from, to, consumer }: Required<PendingRange> & { readonly consumer: Consumer },
): Generator<PendingPage> {
  const { transaction } = stream.db;
  const prefix = consumerPendingPrefix(stream.id, group.number, consumer.number);
  const first = consumerPendingKey(prefix, group.firstPage);
  let start = first;
  for (const [key] of transaction.range(first, behind(consumerPendingKey(prefix, from)), { reverse: true })) {
    start = key;
    break;
  }
  for (const [key] of transaction.range(start, behind(consumerPendingKey(prefix, to)))) {
    const page = pageAt(stream, group, idOfKey(key));
    assert(page !== undefined, "a page that a consumer has entries in");
    yield page;
  }
}

/** The lowest pending id; undefined when nothing is pending. */
export function firstPendingId(group: Group): EntryId | undefined {
  return group.pendingCount === 0 ? undefined : group.firstPendingId;
}

/** The highest pending id; undefined when nothing is pending. */
export function lastPendingId(stream: Stream, group: Group): EntryId | undefined {
  const { from, to } = prefixRange(pendingEntriesPrefix(stream.id, group.number));
  for (const [key, value] of stream.db.transaction.range(from, to, { reverse: true })) {
    const page = group.pages.get(idOfKey(key)) ?? decoded(key, value);
    const last = page.entries.at(-1);
    if (last !== undefined) return last.id;
  }
  return undefined;
}

/** Writes the pages that were changed. */
export function savePages({ db, id }: Stream, group: Group): void {
  for (const page of group.pages.values()) {
    const key = pendingEntryKey(id, group.number, page.id);
    db.transaction.put(key, PendingValue.of(page, encodePage));
  }
  group.pages.clear();
}

/** The page that holds an id, or would. */
function pageFor(stream: Stream, group: Group, id: EntryId): PendingPage | undefined {
  const lastPage = findLastPage(stream, group);
  if (lastPage === ID_MIN) return undefined;
  if (id >= lastPage) return pageAt(stream, group, lastPage);
  if (group.pendingCount === 0 || id < group.firstPage) return undefined;
  const first = pageAt(stream, group, group.firstPage);
  const lastOfFirst = first?.entries.at(-1);
  if (lastOfFirst !== undefined && id <= lastOfFirst.id) return first;
  const start = pendingEntryKey(stream.id, group.number, group.firstPage);
  const end = behind(pendingEntryKey(stream.id, group.number, id));
  for (const [key, value] of stream.db.transaction.range(start, end, { reverse: true })) {
    return group.pages.get(idOfKey(key)) ?? decoded(key, value);
  }
  return undefined;
}

/** The id of the last page; ID_MIN when there is none. What earlier versions wrote does not tell. */
function findLastPage(stream: Stream, group: Group): EntryId {
  if (group.lastPage !== ID_MIN || group.pendingCount === 0) return group.lastPage;
  const { from, to } = prefixRange(pendingEntriesPrefix(stream.id, group.number));
  for (const [key] of stream.db.transaction.range(from, to, { reverse: true })) {
    group.lastPage = idOfKey(key);
    break;
  }
  return group.lastPage;
}

function pageAt(stream: Stream, group: Group, id: EntryId): PendingPage | undefined {
  const open = group.pages.get(id);
  if (open !== undefined) return open;
  const key = pendingEntryKey(stream.id, group.number, id);
  const pending = stream.db.transaction.pendingAt(key, encodePage);
  if (pending !== undefined) return pending;
  const value = stream.db.transaction.get(key);
  return value === undefined ? undefined : decoded(key, value);
}

function decoded(key: Bytes, value: Buffer): PendingPage {
  const page = known.of(key, value);
  if (page !== undefined) return page;
  const read = withStored(decodePage(idOfKey(key), value), value);
  known.note(key, value, read);
  return read;
}

/** Makes a page; ranges find it from now on. Returns its id. */
function addPage(stream: Stream, group: Group, entries: readonly PendingEntry[]): EntryId {
  const id = entries[0]?.id;
  assert(id !== undefined, "a page with entries");
  const consumers = [...new Set(entries.map(({ consumer }) => consumer))];
  for (const consumer of consumers) listUnder(stream, group, consumer, id);
  const page = { id, consumers, entries };
  const key = pendingEntryKey(stream.id, group.number, id);
  stream.db.transaction.put(key, PendingValue.of(page, encodePage));
  group.pages.set(id, page);
  if (id > group.lastPage) group.lastPage = id;
  return id;
}

/** Replaces a page by one in which `consumer` has an entry. */
function change(stream: Stream, group: Group, page: PendingPage, consumer: number): void {
  if (page.consumers.includes(consumer)) {
    group.pages.set(page.id, page);
    return;
  }
  let { consumers } = page;
  if (consumers.length >= LISTED_MAX) {
    const present = new Set(page.entries.map((entry) => entry.consumer));
    for (const number of consumers) if (!present.has(number)) unlist(stream, group, number, page.id);
    consumers = consumers.filter((number) => present.has(number));
  }
  listUnder(stream, group, consumer, page.id);
  group.pages.set(page.id, { id: page.id, consumers: [...consumers, consumer], entries: page.entries });
}

/** Replaces a page by one that has lost entries, all of them perhaps. */
function leave(stream: Stream, group: Group, page: PendingPage): void {
  if (page.entries.length > 0 || page.id === findLastPage(stream, group)) group.pages.set(page.id, page);
  else removePage(stream, group, page);
}

function removePage(stream: Stream, group: Group, page: PendingPage): void {
  for (const consumer of page.consumers) unlist(stream, group, consumer, page.id);
  group.pages.delete(page.id);
  stream.db.transaction.remove(pendingEntryKey(stream.id, group.number, page.id));
}

function dropLastPage(stream: Stream, group: Group): void {
  const page = group.lastPage === ID_MIN ? undefined : pageAt(stream, group, group.lastPage);
  if (page !== undefined) removePage(stream, group, page);
  group.lastPage = ID_MIN;
}

function listUnder({ db, id }: Stream, group: Group, consumer: number, page: EntryId): void {
  db.transaction.put(consumerPendingKey(consumerPendingPrefix(id, group.number, consumer), page), EMPTY);
}

function unlist({ db, id }: Stream, group: Group, consumer: number, page: EntryId): void {
  db.transaction.remove(consumerPendingKey(consumerPendingPrefix(id, group.number, consumer), page));
}

/** Finds the first pending entry anew after some were removed. */
function settleFirst(stream: Stream, group: Group): void {
  if (group.pendingCount === 0) return;
  const first = pageAt(stream, group, group.firstPage)?.entries[0];
  if (first !== undefined) {
    group.firstPendingId = first.id;
    return;
  }
  const start = pendingEntryKey(stream.id, group.number, group.firstPage);
  const end = behind(pendingEntryKey(stream.id, group.number, ID_MAX));
  for (const [key, value] of stream.db.transaction.range(start, end)) {
    const page = group.pages.get(idOfKey(key)) ?? decoded(key, value);
    const entry = page.entries[0];
    if (entry === undefined) continue;
    group.firstPendingId = entry.id;
    group.firstPage = page.id;
    return;
  }
}

function idOfKey(key: Bytes): EntryId {
  return entryIdOfBytes(entryIdOfKey(key));
}
