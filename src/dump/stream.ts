/**
 * Streams in a dump, as Redis 7.0 writes them (type 19); those of Redis 5 (15) and 7.2 (21) are read too.
 *
 * | part     | what it is                                                                                |
 * | -------- | ----------------------------------------------------------------------------------------- |
 * | nodes    | their number, and of each the id of its first entry (16 bytes) and a listpack, as strings |
 * | stream   | length, last id; from 19 on: first id, highest deleted id, number of entries added        |
 * | groups   | their number, and of each: name, last id, from 19 on entries read, pending, consumers     |
 * | pending  | their number, and of each: id (16 bytes), time of delivery, number of deliveries          |
 * | consumer | name, time seen, in 21 time active, number of pending entries and their ids               |
 *
 * An id is two lengths, a time is 8 bytes with the low ones first. The listpack of a node begins with the number of
 * entries, of entries deleted, of fields, the names of the fields, and 0. Of each entry: flags (1 deleted, 2 the fields
 * are those of the node), milliseconds and sequence less those of the node, unless the fields are those of the node
 * their number, fields and values, and the number of elements before this one.
 */
import { type Bytes, bufferOf, bytesOf } from "../base/bytes.ts";
import type { StreamEntry } from "../streams/chunk.ts";
import type {
  ConsumerContents,
  DeliveredEntry,
  GroupContents,
  StreamContents,
  StreamNode,
} from "../streams/contents.ts";
import { type EntryId, entryIdOf, entryIdOfBytes, ID_MIN, msOf, seqOf } from "../streams/entry-id.ts";
import { ListpackReader, listpack } from "./listpack.ts";
import { sealDump } from "./payload.ts";
import { RdbFault, type RdbReader } from "./rdb-reader.ts";
import { rdbLength, rdbString } from "./rdb-writer.ts";

/** Types of a stream, of Redis 5, 7.0 and 7.2. */
const RDB_STREAM_5 = 15;
const RDB_STREAM_7_0 = 19;
const RDB_STREAM_7_2 = 21;

const FLAG_DELETED = 1n;
const FLAG_SAME_FIELDS = 2n;
const ID_BYTES = 16;
const TIME_BYTES = 8;

export function isDumpedStream(type: number): boolean {
  return type === RDB_STREAM_5 || type === RDB_STREAM_7_0 || type === RDB_STREAM_7_2;
}

/** The payload of a stream. */
export function dumpStream(contents: StreamContents): Buffer {
  const { nodes, lastId, maxDeletedId, entriesAdded, groups } = contents;
  const length = nodes.reduce((sum, { entries }) => sum + entries.length, 0);
  const firstId = nodes[0]?.entries[0]?.id ?? ID_MIN;
  return sealDump(
    RDB_STREAM_7_0,
    rdbLength(nodes.length),
    ...nodes.flatMap(nodeStrings),
    rdbLength(length),
    ...[lastId, firstId, maxDeletedId].flatMap(idLengths),
    rdbLength(entriesAdded),
    rdbLength(groups.length),
    ...groups.flatMap(groupStrings),
  );
}

function nodeStrings({ entries }: StreamNode): Buffer[] {
  const [first] = entries;
  if (first === undefined) return [];
  const names = first.fields.filter((_, index) => index % 2 === 0);
  const head = [BigInt(entries.length), 0n, BigInt(names.length), ...names, 0n];
  const packed = listpack([...head, ...entries.flatMap((entry) => entryElements(entry, first.id, names))]);
  return [rdbString(bufferOf(first.id)), rdbString(packed)];
}

function entryElements(
  { id, fields }: StreamEntry,
  base: EntryId,
  names: readonly Buffer[],
): Array<Buffer | bigint> {
  const hasSameFields =
    fields.length === 2 * names.length && names.every((name, index) => fields[2 * index]?.equals(name));
  const place = [BigInt.asIntN(64, msOf(id) - msOf(base)), BigInt.asIntN(64, seqOf(id) - seqOf(base))];
  if (hasSameFields) {
    const values = fields.filter((_, index) => index % 2 === 1);
    return [FLAG_SAME_FIELDS, ...place, ...values, BigInt(values.length + 3)];
  }
  return [0n, ...place, BigInt(fields.length / 2), ...fields, BigInt(fields.length + 4)];
}

function idLengths(id: EntryId): Buffer[] {
  return [rdbLength(msOf(id)), rdbLength(seqOf(id))];
}

function groupStrings({ name, lastId, entriesRead = -1n, consumers }: GroupContents): Buffer[] {
  const pending = consumers.flatMap((consumer) => consumer.pending).sort((a, b) => (a.id < b.id ? -1 : 1));
  return [
    rdbString(name),
    ...idLengths(lastId),
    rdbLength(BigInt.asUintN(64, entriesRead)),
    rdbLength(pending.length),
    ...pending.flatMap(({ id, deliveredMs, deliveryCount }) => [
      bufferOf(id),
      time(deliveredMs),
      rdbLength(BigInt.asUintN(64, deliveryCount)),
    ]),
    rdbLength(consumers.length),
    ...consumers.flatMap((consumer) => [
      rdbString(consumer.name),
      time(consumer.seenMs),
      rdbLength(consumer.pending.length),
      ...consumer.pending.map(({ id }) => bufferOf(id)),
    ]),
  ];
}

function time(ms: number): Buffer {
  const bytes = Buffer.alloc(TIME_BYTES);
  bytes.writeBigInt64LE(BigInt(ms));
  return bytes;
}

/** Reads a stream from behind the type byte. @throws RdbFault when it is none */
export function readDumpedStream(reader: RdbReader, type: number): StreamContents {
  const nodes: StreamNode[] = [];
  for (let count = reader.length(); count > 0n; count -= 1n) nodes.push(readNode(reader));
  const ids = nodes.flatMap(({ entries }) => entries.map(({ id }) => id));
  const length = reader.length();
  const lastId = readId(reader);
  const isRising = ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? id));
  if (length !== BigInt(ids.length) || !isRising || (ids.at(-1) ?? ID_MIN) > lastId) {
    throw new RdbFault("entries that are not in order");
  }
  const stream = { nodes, lastId, maxDeletedId: ID_MIN, entriesAdded: length };
  if (type === RDB_STREAM_5) return { ...stream, groups: readGroups(reader, type) };
  // The first id is that of the first entry, whatever is said.
  readId(reader);
  const maxDeletedId = readId(reader);
  const entriesAdded = BigInt.asIntN(64, reader.length());
  if (maxDeletedId > lastId || entriesAdded < length) throw new RdbFault("more entries than were added");
  return { ...stream, maxDeletedId, entriesAdded, groups: readGroups(reader, type) };
}

function readNode(reader: RdbReader): StreamNode {
  const key = reader.string();
  if (key.length !== ID_BYTES) throw new RdbFault("the id of a node of another length");
  const base = entryIdOfBytes(bytesOf(key));
  const pack = new ListpackReader(reader.string());
  const [kept, deleted, nameCount] = [pack.integer(), pack.integer(), pack.integer()];
  const names: Buffer[] = [];
  for (let count = nameCount; count > 0n; count -= 1n) names.push(pack.text());
  if (pack.integer() !== 0n) throw new RdbFault("a node without an end of its fields");
  const entries: StreamEntry[] = [];
  let deletedSeen = 0n;
  while (!pack.isAtEnd) {
    const { entry, isDeleted } = readEntry(pack, base, names);
    if (isDeleted) deletedSeen += 1n;
    else entries.push(entry);
  }
  if (entries.length === 0 || BigInt(entries.length) !== kept || deletedSeen !== deleted) {
    throw new RdbFault("a node of another length");
  }
  return { entries, added: Number(kept + deleted) };
}

function readEntry(pack: ListpackReader, base: EntryId, names: readonly Buffer[]) {
  const flags = pack.integer();
  const ms = BigInt.asUintN(64, msOf(base) + pack.integer());
  const seq = BigInt.asUintN(64, seqOf(base) + pack.integer());
  const fields: Buffer[] = [];
  const hasSameFields = (flags & FLAG_SAME_FIELDS) !== 0n;
  if (hasSameFields) for (const name of names) fields.push(name, pack.text());
  else for (let count = pack.integer(); count > 0n; count -= 1n) fields.push(pack.text(), pack.text());
  const elements = hasSameFields ? names.length + 3 : fields.length + 4;
  if (fields.length === 0 || pack.integer() !== BigInt(elements))
    throw new RdbFault("an entry of another length");
  return { entry: { id: entryIdOf(ms, seq), fields }, isDeleted: (flags & FLAG_DELETED) !== 0n };
}

function readId(reader: RdbReader): EntryId {
  return entryIdOf(reader.length(), reader.length());
}

function readRawId(reader: RdbReader): EntryId {
  return entryIdOfBytes(bytesOf(reader.bytes(ID_BYTES)));
}

/** Milliseconds since the epoch, or -1: never. */
function readTime(reader: RdbReader): number {
  const ms = Number(reader.bytes(TIME_BYTES).readBigInt64LE());
  if (!Number.isSafeInteger(ms) || ms < -1) throw new RdbFault("a time that is none");
  return ms;
}

function readGroups(reader: RdbReader, type: number): GroupContents[] {
  const groups: GroupContents[] = [];
  for (let count = reader.length(); count > 0n; count -= 1n) groups.push(readGroup(reader, type));
  expectDifferent(groups.map(({ name }) => bytesOf(name)));
  return groups;
}

function readGroup(reader: RdbReader, type: number): GroupContents {
  const name = reader.string();
  const lastId = readId(reader);
  const entriesRead = type === RDB_STREAM_5 ? undefined : BigInt.asIntN(64, reader.length());
  if (entriesRead !== undefined && entriesRead < -1n) throw new RdbFault("less than no entries read");
  const pending = new Map<EntryId, DeliveredEntry>();
  for (let count = reader.length(); count > 0n; count -= 1n) {
    const id = readRawId(reader);
    if (pending.has(id)) throw new RdbFault("an entry that is pending twice");
    const deliveredMs = readTime(reader);
    pending.set(id, { id, deliveredMs, deliveryCount: BigInt.asIntN(64, reader.length()) });
  }
  const consumers: ConsumerContents[] = [];
  for (let count = reader.length(); count > 0n; count -= 1n)
    consumers.push(readConsumer(reader, type, pending));
  if (pending.size > 0) throw new RdbFault("a pending entry of no consumer");
  expectDifferent(consumers.map((consumer) => bytesOf(consumer.name)));
  return { name, lastId, entriesRead, consumers };
}

/** Takes what the consumer has out of what is pending. */
function readConsumer(
  reader: RdbReader,
  type: number,
  pending: Map<EntryId, DeliveredEntry>,
): ConsumerContents {
  const name = reader.string();
  const seenMs = readTime(reader);
  const activeMs = type === RDB_STREAM_7_2 ? readTime(reader) : seenMs;
  const own: DeliveredEntry[] = [];
  for (let count = reader.length(); count > 0n; count -= 1n) {
    const id = readRawId(reader);
    const entry = pending.get(id);
    if (entry === undefined) throw new RdbFault("an entry of a consumer that is not pending");
    pending.delete(id);
    own.push(entry);
  }
  return { name, seenMs, activeMs, pending: own };
}

function expectDifferent(names: readonly Bytes[]): void {
  if (new Set(names).size !== names.length) throw new RdbFault("the same name twice");
}
