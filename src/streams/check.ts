/** The self-check of streams: headers, groups and consumers count what there is of theirs. */
import {
  behind,
  consumerKey,
  consumerNamesPrefix,
  consumerPendingKey,
  consumerPendingPrefix,
  consumersPrefix,
  entryIdOfKey,
  pendingEntriesPrefix,
  prefixRange,
  streamEntryKey,
  streamGroupsPrefix,
} from "../keyspace/layouts.ts";
import { decodeRecord } from "../keyspace/records.ts";
import type { Entry, OrderedReader } from "../storage/ordered-store.ts";
import { ID_MAX, ID_MIN } from "./entry-id.ts";
import {
  decodeConsumer,
  decodeGroup,
  decodeHeader,
  decodePending,
  type GroupRecord,
  type StreamHeader,
} from "./records.ts";

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
  const entries = [...reader.range(streamEntryKey(id, ID_MIN), behind(streamEntryKey(id, ID_MAX)))];
  expectEqual(check, "length", header.length, entries.length);
  const first = entries[0];
  expectEqual(check, "first id", header.firstId, first === undefined ? ID_MIN : entryIdOfKey(first[0]));
  const last = entries.at(-1);
  if (last !== undefined && entryIdOfKey(last[0]) > header.lastId) {
    check.findings.push(`the stream ${id} has an entry above its last id`);
  }
  const groups = all(reader, streamGroupsPrefix(id));
  expectEqual(check, "number of groups", header.groupCount, groups.length);
  for (const [, value] of groups) checkGroup(check, decodeGroup(value));
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
