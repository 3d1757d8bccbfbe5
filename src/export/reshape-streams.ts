/**
 * The streams that machines write, for stores that share the keys in another way (reshape.ts): each partition has a stream of
 * each kind, whose entries are those of its machines. Entries keep their ids, but for those that two partitions have given:
 * then the later one gets the next. A group of several streams has been delivered what it was from each of them: what it has
 * not been, below the last that it has, is pending for a consumer of that name, from which workers claim it.
 */
import { type Bytes, bufferOf, bytesOf } from "../base/bytes.ts";
import { mergedInOrder } from "../base/merged-in-order.ts";
import { bytesToJson, inPieces, type PartFields } from "../keyspace/object-form.ts";
import type { Place } from "../keyspace/place.ts";
import {
  changeStream,
  deadStream,
  type MachineStream,
  machineStreamOf,
  refusalStream,
  taskStream,
} from "../machines/stream-names.ts";
import type { Fields } from "../streams/chunk.ts";
import { consumersOf } from "../streams/consumers.ts";
import { nodesOf } from "../streams/contents.ts";
import { fieldOf } from "../streams/entry-fields.ts";
import { type EntryId, ID_MAX, ID_MIN, idAfter } from "../streams/entry-id.ts";
import { groupsOf } from "../streams/groups.ts";
import { pendingEntries } from "../streams/pending.ts";
import { openStream, type Stream } from "../streams/streams.ts";
import { databaseOf, type ReshapedLine, ReshapeFault, type Source } from "./reshape.ts";
import { idText } from "./stream-form.ts";

/** Has pending what a group was not delivered. */
const LEFT_CONSUMER = Buffer.from("detent move");
const PENDING_BYTES = 32;
/** Entries of a node. */
const NODE_ENTRIES = 100;

/** Of one group of one stream. */
interface Given {
  readonly lastId: EntryId;
  readonly pending: ReadonlyMap<EntryId, Delivered>;
}

interface Delivered {
  readonly consumer: string;
  readonly deliveredMs: number;
  readonly deliveryCount: bigint;
}

interface Consumer {
  readonly seenMs: number;
  readonly activeMs: number;
}

/** A group as all streams of the kind have it. */
interface GroupSum {
  readonly name: Buffer;
  readonly lastId: EntryId;
  readonly consumers: Map<string, Consumer>;
  /** By the stream. */
  readonly given: Map<Stream, Given>;
}

/** A group in the stream of a partition. */
interface GroupPart {
  /** The last entry that was delivered. */
  lastId: EntryId;
  readonly pending: Map<string, Array<readonly [string, number, string]>>;
  /** Entries that were not delivered. */
  readonly left: EntryId[];
}

/** Ids are to be given out by the stores that take the lines, beyond those of all keys. @throws ReshapeFault */
export function* reshapedStreams(
  sources: readonly Source[],
  places: readonly Place[],
): Generator<ReshapedLine> {
  const found = new Map<string, { readonly named: MachineStream; readonly streams: Stream[] }>();
  for (const source of sources) {
    const db = databaseOf(source);
    for (const key of db.keys()) {
      const named = machineStreamOf(source.place, key);
      const record = named === undefined ? undefined : db.find(key);
      if (named === undefined || record?.type !== "stream") continue;
      const name = JSON.stringify([named.kind, named.name]);
      const known = found.get(name) ?? { named, streams: [] };
      known.streams.push(openStream(db, key, record));
      found.set(name, known);
    }
  }
  for (const { named, streams } of found.values()) yield* oneKind(named, streams, places);
}

function* oneKind(
  named: MachineStream,
  streams: readonly Stream[],
  places: readonly Place[],
): Generator<ReshapedLine> {
  const groups = groupSums(streams);
  const parts = places.map((place) => new Part(place.number, nameIn(place, named), groups));
  const [first] = places;
  const sequences = streams.map((stream) => entriesOf(stream));
  for (const entry of mergedInOrder(sequences, (a, b) => a.id < b.id)) {
    const key = fieldOf(entry.fields, "key");
    const to = key === undefined ? 0 : (first?.partitionOf(bytesOf(key)) ?? 0);
    yield* parts[to]?.take(entry) ?? [];
  }
  for (const part of parts) yield* part.end(streams);
}

interface Entry {
  readonly stream: Stream;
  readonly id: EntryId;
  readonly fields: Fields;
}

function* entriesOf(stream: Stream): Generator<Entry> {
  for (const { entries } of nodesOf(stream))
    for (const { id, fields } of entries) yield { stream, id, fields };
}

/** The stream of one partition while its lines are made. */
class Part {
  readonly #to: number;
  readonly #key: Bytes;
  readonly #groups: readonly GroupSum[];
  readonly #parts: ReadonlyMap<GroupSum, GroupPart>;
  #entries: PartFields[string][] = [];
  #lastId: EntryId = ID_MIN;
  #count = 0;
  #number = 0;

  constructor(to: number, key: Bytes, groups: readonly GroupSum[]) {
    this.#to = to;
    this.#key = key;
    this.#groups = groups;
    this.#parts = new Map(groups.map((group) => [group, newPart(group)]));
  }

  /** The lines that are full. */
  *take({ stream, id, fields }: Entry): Generator<ReshapedLine> {
    const own = id > this.#lastId ? id : idAfter(this.#lastId);
    if (own === undefined) throw new ReshapeFault("a stream has no ids left");
    this.#lastId = own;
    this.#count += 1;
    this.#entries.push([idText(own), fields.map(bytesToJson)]);
    for (const [group, part] of this.#parts) note(part, group.given.get(stream), id, own);
    if (this.#entries.length === NODE_ENTRIES) yield* this.#node();
  }

  *end(streams: readonly Stream[]): Generator<ReshapedLine> {
    if (this.#count === 0 && this.#groups.length === 0) return;
    if (this.#entries.length > 0) yield* this.#node();
    const highest = (ids: readonly EntryId[]) => ids.reduce((a, b) => (a > b ? a : b), ID_MIN);
    yield this.#line({
      lastId: idText(highest([this.#lastId, ...streams.map(({ header }) => header.lastId)])),
      maxDeletedId: idText(highest(streams.map(({ header }) => header.maxDeletedId))),
      entriesAdded: String(this.#count),
    });
    for (const [group, part] of this.#parts) yield* this.#group(group, part);
  }

  *#node(): Generator<ReshapedLine> {
    yield this.#line({ entries: this.#entries, node: true, added: this.#entries.length });
    this.#entries = [];
  }

  *#group(group: GroupSum, part: GroupPart): Generator<ReshapedLine> {
    const name = bytesToJson(group.name);
    // How many were read is not known of a part.
    yield this.#line({ group: name, deliveredUpTo: idText(part.lastId), entriesRead: "-1" });
    const left = part.left.filter((id) => id <= part.lastId);
    if (left.length > 0)
      part.pending.set(
        LEFT_CONSUMER.toString("latin1"),
        left.map((id) => [idText(id), 0, "0"]),
      );
    for (const consumer of new Set([...group.consumers.keys(), ...part.pending.keys()])) {
      const { seenMs, activeMs } = group.consumers.get(consumer) ?? { seenMs: 0, activeMs: 0 };
      const called = bytesToJson(Buffer.from(consumer, "latin1"));
      const pieces = [...inPieces(part.pending.get(consumer) ?? [], () => PENDING_BYTES)];
      for (const pending of pieces.length === 0 ? [[]] : pieces)
        yield this.#line({ group: name, consumer: called, seenMs, activeMs, pending });
    }
  }

  #line(fields: PartFields): ReshapedLine {
    this.#number += 1;
    if (this.#number > 1) return { to: this.#to, line: JSON.stringify({ part: this.#number, ...fields }) };
    const key = bytesToJson(bufferOf(this.#key));
    return { to: this.#to, line: JSON.stringify({ db: 0, key, type: "stream", ...fields }) };
  }
}

function newPart(group: GroupSum): GroupPart {
  return { lastId: group.lastId, pending: new Map(), left: [] };
}

/** What a group has had of an entry, which has another id now or the same. */
function note(part: GroupPart, given: Given | undefined, before: EntryId, id: EntryId): void {
  const delivered = given?.pending.get(before);
  if (delivered !== undefined) {
    const { consumer, deliveredMs, deliveryCount } = delivered;
    const list = part.pending.get(consumer) ?? [];
    list.push([idText(id), deliveredMs, String(deliveryCount)]);
    part.pending.set(consumer, list);
  }
  if (before > (given?.lastId ?? ID_MIN)) part.left.push(id);
  else if (id > part.lastId) part.lastId = id;
}

function groupSums(streams: readonly Stream[]): readonly GroupSum[] {
  const sums = new Map<string, GroupSum>();
  for (const stream of streams) {
    for (const group of groupsOf(stream)) {
      const name = group.name.toString("latin1");
      const before = sums.get(name);
      const consumers = before?.consumers ?? new Map<string, Consumer>();
      const pending = new Map<EntryId, Delivered>();
      for (const consumer of consumersOf(stream, group)) {
        const called = consumer.name.toString("latin1");
        const { seenMs, activeMs } = consumers.get(called) ?? consumer;
        consumers.set(called, {
          seenMs: Math.max(seenMs, consumer.seenMs),
          activeMs: Math.max(activeMs, consumer.activeMs),
        });
        for (const { id, deliveredMs, deliveryCount } of pendingEntries(stream, group, {
          from: ID_MIN,
          to: ID_MAX,
          consumer,
        }))
          pending.set(id, { consumer: called, deliveredMs, deliveryCount });
      }
      const given = before?.given ?? new Map<Stream, Given>();
      given.set(stream, { lastId: group.lastId, pending });
      const lastId = before === undefined || before.lastId < group.lastId ? group.lastId : before.lastId;
      sums.set(name, { name: group.name, lastId, consumers, given });
    }
  }
  return [...sums.values()];
}

function nameIn(place: Place, { kind, name }: MachineStream): Bytes {
  if (kind === "tasks") return taskStream(place, name ?? "");
  if (kind === "dead") return deadStream(place);
  if (kind === "refusals") return refusalStream(place);
  return changeStream(place, name);
}
