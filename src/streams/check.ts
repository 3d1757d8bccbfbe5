/** The self-check of streams: headers, groups and consumers count what there is of theirs. */
import {
  consumerKey,
  consumerNamesPrefix,
  consumerPendingKey,
  consumerPendingPrefix,
  consumersPrefix,
  entryIdOfKey,
  pendingEntriesPrefix,
  prefixRange,
  streamChunksPrefix,
  streamGroupsPrefix,
  streamHolesKey,
  streamHolesPrefix,
  streamSlotKey,
} from "../keyspace/layouts.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import type { Entry, OrderedReader } from "../storage/ordered-store.ts";
import { ChunkReader } from "./chunk.ts";
import { type EntryId, entryIdOfBytes, ID_MIN } from "./entry-id.ts";
import { decodeHeader, type StreamHeader } from "./header.ts";
import { decodePage, type PendingPage } from "./pending-page.ts";
import { decodeConsumer, decodeGroup, type GroupRecord } from "./records.ts";
import { StoredChunk } from "./stored-chunks.ts";

/** What was found wrong with a stream, a sentence each. O(its size). */
export function checkStream(reader: OrderedReader, record: KeyRecord): string[] {
  const findings: string[] = [];
  const check = { reader, id: record.id, findings };
  const header = decodeHeader(record.payload);
  checkEntries(check, header);
  const groups = all(reader, streamGroupsPrefix(record.id));
  expectEqual(check, "number of groups", header.groupCount, groups.length);
  for (const [, value] of groups) checkGroup(check, decodeGroup(value));
  return findings;
}

interface Check {
  readonly reader: OrderedReader;
  readonly id: number;
  readonly findings: string[];
}

/** Every chunk and slot is looked at, not only those that reads would come upon. */
function checkEntries(check: Check, header: StreamHeader): void {
  const { reader, id } = check;
  const chunks = all(reader, streamChunksPrefix(id)).map(([key, value]) => {
    const chunkId = entryIdOfBytes(entryIdOfKey(key));
    return new StoredChunk(value, chunkId, undefined, reader.get(streamHolesKey(id, chunkId)));
  });
  const slots: StoredChunk[] = [];
  for (let slot = header.slotStart; slot < header.slotStart + header.slotCount; slot += 1) {
    const value = reader.get(streamSlotKey(id, slot));
    if (value === undefined) check.findings.push(`the stream ${id} lacks the slot ${slot} of its tail`);
    else slots.push(new StoredChunk(value, new ChunkReader(value).firstId, slot, undefined));
  }
  const inChunks = chunks.map((chunk) => entriesThere(chunk, header));
  const inSlots = slots.flatMap((slot) => entriesThere(slot, header));
  const entries = [...inChunks.flat(), ...inSlots];
  const first = entries[0];
  expectEqual(check, "length", header.length, entries.length);
  expectEqual(check, "first id", header.firstId, first?.id ?? ID_MIN);
  expectEqual(check, "entries in the tail", header.slotEntries, inSlots.length);
  const inLastNode = entries.filter(({ node }) => node === header.tailNode).length;
  expectEqual(check, "entries of the last node", header.tailLeft, inLastNode);
  expectEqual(
    check,
    "number of chunks with holes",
    header.holeCount,
    all(reader, streamHolesPrefix(id)).length,
  );
  const withHoles = chunks.filter(({ holes }) => holes !== undefined).length;
  expectEqual(check, "holes that have a chunk", header.holeCount, withHoles);
  if (inChunks.some((there) => there.length === 0)) {
    check.findings.push(`the stream ${id} has a chunk without entries`);
  }
  const firstChunk = chunks[0];
  if (firstChunk !== undefined) expectEqual(check, "first chunk", header.firstChunk, firstChunk.id);
  if (entries.some((entry, index) => entry.id <= (entries[index - 1]?.id ?? ID_MIN))) {
    check.findings.push(`the stream ${id} has entries that are not in order`);
  }
  if ((entries.at(-1)?.id ?? ID_MIN) > header.lastId) {
    check.findings.push(`the stream ${id} has an entry above its last id`);
  }
}

function entriesThere(chunk: StoredChunk, { firstId }: StreamHeader) {
  const entries: Array<{ readonly id: EntryId; readonly node: number }> = [];
  const reader = chunk.from(firstId);
  if (reader === undefined) return entries;
  do entries.push({ id: reader.id, node: reader.node });
  while (chunk.next(reader));
  return entries;
}

function checkGroup(check: Check, group: GroupRecord): void {
  const { reader, id } = check;
  const { number } = group;
  const pages = all(reader, pendingEntriesPrefix(id, number)).map(([key, value]) =>
    decodePage(entryIdOfBytes(entryIdOfKey(key)), value),
  );
  checkPages(check, group, pages);
  const byConsumer = new Map<number, number>();
  for (const { consumer } of pages.flatMap(({ entries }) => entries)) {
    byConsumer.set(consumer, (byConsumer.get(consumer) ?? 0) + 1);
  }
  const names = all(reader, consumerNamesPrefix(id, number));
  expectEqual(check, `consumers of the group ${number}`, group.consumerCount, names.length);
  expectEqual(check, "consumer records", all(reader, consumersPrefix(id, number)).length, names.length);
  for (const [, value] of names) {
    const consumer = value.readUInt32BE(0);
    const record = reader.get(consumerKey(id, number, consumer));
    const counted = record === undefined ? -1 : decodeConsumer(record).pendingCount;
    expectEqual(check, "pending entries of a consumer", counted, byConsumer.get(consumer) ?? 0);
  }
}

function checkPages(check: Check, group: GroupRecord, pages: readonly PendingPage[]): void {
  const { reader, id, findings } = check;
  const { number } = group;
  const pending = pages.flatMap(({ entries }) => entries);
  expectEqual(check, `pending entries of the group ${number}`, group.pendingCount, pending.length);
  const [first] = pending;
  if (first !== undefined) {
    expectEqual(check, "first pending id", group.firstPendingId, first.id);
    expectEqual(check, "first page", group.firstPage, pages.find(({ entries }) => entries.length > 0)?.id);
  }
  if (group.lastPage !== ID_MIN) expectEqual(check, "last page", group.lastPage, pages.at(-1)?.id);
  if (pages.some(({ entries }, index) => entries.length === 0 && index < pages.length - 1)) {
    findings.push(`the group ${number} of the stream ${id} has a page of pending entries without any`);
  }
  if (pending.some((entry, index) => entry.id <= (pending[index - 1]?.id ?? ID_MIN))) {
    findings.push(`the group ${number} of the stream ${id} has pending entries that are not in order`);
  }
  for (const page of pages) {
    if (page.entries.some((entry) => entry.id < page.id || !page.consumers.includes(entry.consumer))) {
      findings.push(`a page of pending entries of the stream ${id} has one that does not belong there`);
    }
    for (const consumer of page.consumers) {
      if (reader.get(consumerPendingKey(consumerPendingPrefix(id, number, consumer), page.id)) !== undefined)
        continue;
      findings.push(`a page of pending entries of the stream ${id} is not listed under its consumer`);
    }
  }
  const listed = all(reader, consumerPendingPrefix(id, number)).length;
  const consumers = pages.reduce((sum, page) => sum + page.consumers.length, 0);
  expectEqual(check, `pages by consumer of the group ${number}`, consumers, listed);
}

function expectEqual({ id, findings }: Check, what: string, said: unknown, found: unknown): void {
  if (said === found) return;
  findings.push(
    `the stream ${id} says ${JSON.stringify(said)} of its ${what}, it is ${JSON.stringify(found)}`,
  );
}

function all(reader: OrderedReader, prefix: string): Entry[] {
  const { from, to } = prefixRange(prefix);
  return [...reader.range(from, to)];
}
