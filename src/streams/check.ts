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
import { decodeRecord } from "../keyspace/records.ts";
import type { Entry, OrderedReader } from "../storage/ordered-store.ts";
import { ChunkReader } from "./chunk.ts";
import { type EntryId, entryIdOfBytes, ID_MIN } from "./entry-id.ts";
import { decodeHeader, type StreamHeader } from "./header.ts";
import { decodeConsumer, decodeGroup, decodePending, type GroupRecord } from "./records.ts";
import { StoredChunk } from "./stored-chunks.ts";

/** What was found wrong, a sentence each. O(size of all streams). */
export function checkStreams(reader: OrderedReader): string[] {
  const findings: string[] = [];
  for (const [, value] of all(reader, "k")) {
    const record = decodeRecord(value);
    if (record.type !== "stream") continue;
    checkStream({ reader, id: record.id, findings }, decodeHeader(record.payload));
  }
  return findings;
}

interface Check {
  readonly reader: OrderedReader;
  readonly id: number;
  readonly findings: string[];
}

function checkStream(check: Check, header: StreamHeader): void {
  const { reader, id } = check;
  checkEntries(check, header);
  const groups = all(reader, streamGroupsPrefix(id));
  expectEqual(check, "number of groups", header.groupCount, groups.length);
  for (const [, value] of groups) checkGroup(check, decodeGroup(value));
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
  const pending = all(reader, pendingEntriesPrefix(id, number));
  expectEqual(check, `pending entries of the group ${number}`, group.pendingCount, pending.length);
  const first = pending[0];
  if (first !== undefined) {
    expectEqual(check, "first pending id", group.firstPendingId, entryIdOfKey(first[0]));
  }
  const byConsumer = new Map<number, number>();
  for (const [key, value] of pending) {
    const { consumer } = decodePending(value);
    byConsumer.set(consumer, (byConsumer.get(consumer) ?? 0) + 1);
    const at = consumerPendingKey(consumerPendingPrefix(id, number, consumer), entryIdOfKey(key));
    if (reader.get(at) === undefined) {
      check.findings.push(`a pending entry of the stream ${id} is not listed under its consumer`);
    }
  }
  const listed = all(reader, consumerPendingPrefix(id, number)).length;
  expectEqual(check, `pending entries by consumer of the group ${number}`, listed, pending.length);
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
