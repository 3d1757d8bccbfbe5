/**
 * The entries of a stream in their chunks, holes and slots, compared with a plain list: random appends, deletions, trims
 * and reads. The stream is read from the store anew for each step, the self-check runs after each, and now and then the
 * store is opened again.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOfText } from "../../src/base/bytes.ts";
import type { Database } from "../../src/keyspace/database.ts";
import { Databases } from "../../src/keyspace/databases.ts";
import { streamEntryKey } from "../../src/keyspace/layouts.ts";
import { checkStore } from "../../src/keyspace/self-check.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import type { StreamEntry } from "../../src/streams/chunk.ts";
import { contentsOf, restoreStream, type StreamContents } from "../../src/streams/contents.ts";
import { type EntryId, entryId, entryIdOf, formatId, ID_MAX, ID_MIN } from "../../src/streams/entry-id.ts";
import { deleteAmong, settleFirstId } from "../../src/streams/removal.ts";
import {
  appendTo,
  createStream,
  entriesOf,
  entryAt,
  lastValidId,
  openStream,
  type Stream,
  saveStream,
} from "../../src/streams/streams.ts";
import { trimStream } from "../../src/streams/trim.ts";
import { closeChecked, temporaryDirectory } from "../support/stores.ts";

const KEY = bytesOfText("s");
const COPY = bytesOfText("copy");
const NOW_MS = 1_700_000_000_000;

/** What a stream holds: entries with the numbers of their nodes, by Redis' rules. */
class Model {
  entries: Array<StreamEntry & { node: number }> = [];
  lastId: EntryId = ID_MIN;
  maxDeletedId: EntryId = ID_MIN;
  #node = 0;
  #added = 0;

  append(entry: StreamEntry, nodeEntriesMax: number) {
    const isFull = nodeEntriesMax > 0 && this.#added >= nodeEntriesMax;
    if (isFull || !this.entries.some(({ node }) => node === this.#node)) {
      this.#node += 1;
      this.#added = 0;
    }
    this.#added += 1;
    this.entries.push({ ...entry, node: this.#node });
    this.lastId = entry.id;
  }

  remove(ids: readonly EntryId[]) {
    for (const { id } of this.entries) {
      if (ids.includes(id) && id > this.maxDeletedId) this.maxDeletedId = id;
    }
    this.entries = this.entries.filter(({ id }) => !ids.includes(id));
  }

  trimNodes(lengthMax: number) {
    for (;;) {
      const node = this.entries[0]?.node;
      const left = this.entries.filter((entry) => entry.node !== node);
      if (node === undefined || left.length < lengthMax || this.entries.length <= lengthMax) return;
      this.entries = left;
    }
  }
}

/** Where the model and the stream are in a step. */
interface Place {
  readonly db: Database;
  readonly stream: Stream;
  readonly model: Model;
}

type Step = (place: Place) => void;

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .record({
        count: fc.oneof(fc.nat(5), fc.nat(150)),
        gap: fc.constantFrom(1n, 1n, 2n, 1000n, 2n ** 53n),
        bytes: fc.constantFrom(0, 3, 40, 511, 600, 5000),
        nodeEntriesMax: fc.constantFrom(100, 100, 7, 0),
      })
      .map((given) => (place: Place) => appendMany(place, given)),
  },
  { weight: 3, arbitrary: fc.array(fc.nat(400), { maxLength: 30 }).map((chosen) => removeSome(chosen)) },
  fc.tuple(fc.nat(400), fc.nat(150)).map(([from, count]) =>
    // One after the other, so that whole chunks go.
    removeSome(Array.from({ length: count }, (_, i) => from + i)),
  ),
  fc.constant(({ stream, model }: Place) => {
    const last = model.entries.at(-1);
    if (last !== undefined) removeAll(stream, model, [last.id]);
  }),
  fc.nat(300).map((lengthMax) => ({ stream, model }: Place) => {
    const target = { kind: "length", lengthMax } as const;
    trimStream(stream, { target, isApproximate: false, limit: 0 });
    model.entries = model.entries.slice(Math.max(0, model.entries.length - lengthMax));
  }),
  fc.nat(300).map((lengthMax) => ({ stream, model }: Place) => {
    trimStream(stream, { target: { kind: "length", lengthMax }, isApproximate: true, limit: 0 });
    model.trimNodes(lengthMax);
  }),
  fc.nat(400).map((index) => ({ stream, model }: Place) => {
    const minId = model.entries[index]?.id ?? ID_MIN;
    trimStream(stream, { target: { kind: "minId", minId }, isApproximate: false, limit: 0 });
    model.entries = model.entries.filter(({ id }) => id >= minId);
  }),
  // XSETID may set the last id back as far as there are entries.
  fc.constant(({ stream, model }: Place) => {
    stream.header.lastId = lastValidId(stream);
    stream.header.maxDeletedId = ID_MIN;
    model.lastId = model.entries.at(-1)?.id ?? ID_MIN;
    model.maxDeletedId = ID_MIN;
  }),
  fc.tuple(fc.nat(420), fc.nat(420), fc.boolean()).map(
    ([from, to, reverse]) =>
      (place: Place) =>
        readSome(place, { from, to, reverse }),
  ),
  fc.constant(({ db, stream }: Place) => {
    const record = db.find(KEY);
    if (record === undefined) return;
    saveStream(stream, undefined);
    const saved = db.find(KEY);
    if (saved === undefined) throw new Error("the stream is there");
    db.copyTo(db, saved, COPY);
    expect(all(open(db, COPY)).join("\n")).toBe(all(stream).join("\n"));
    db.remove(COPY, "del");
    restoreStream(db, COPY, contentsOf(stream), 0);
    const nodesOf = ({ nodes }: StreamContents) =>
      nodes.map(({ entries, added }) => `${added} ${entries.map(shown).join()}`).join("\n");
    expect(nodesOf(contentsOf(open(db, COPY)))).toBe(nodesOf(contentsOf(stream)));
    db.remove(COPY, "del");
  }),
);

interface Appended {
  readonly count: number;
  readonly gap: bigint;
  readonly bytes: number;
  readonly nodeEntriesMax: number;
}

function appendMany({ stream, model }: Place, { count, gap, bytes, nodeEntriesMax }: Appended) {
  for (let i = 0; i < count; i += 1) {
    const after =
      BigInt(`0x${Buffer.from(model.lastId as unknown as string, "latin1").toString("hex")}`) + gap;
    if (after >= 2n ** 128n) return;
    const id = entryIdOf(after >> 64n, after & (2n ** 64n - 1n));
    const entry = { id, fields: [Buffer.from(`f${i}`), Buffer.alloc(bytes, 65 + (i % 26))] };
    appendTo(stream, { ...entry, nodeEntriesMax });
    model.append(entry, nodeEntriesMax);
  }
}

function removeSome(chosen: readonly number[]): Step {
  return ({ stream, model }) =>
    removeAll(stream, model, [...chosen.flatMap((index) => model.entries[index]?.id ?? []), entryId(0, 3)]);
}

function removeAll(stream: Stream, model: Model, ids: readonly EntryId[]) {
  const there = model.entries.filter(({ id }) => ids.includes(id)).length;
  let removed = 0;
  for (const id of ids) if (deleteAmong(stream, id)) removed += 1;
  settleFirstId(stream);
  model.remove(ids);
  expect(removed).toBe(there);
}

function readSome(
  { stream, model }: Place,
  { from, to, reverse }: { readonly from: number; readonly to: number; readonly reverse: boolean },
) {
  const low = model.entries[from]?.id ?? entryId(1, 0);
  const high = model.entries[to]?.id ?? ID_MAX;
  const expected = model.entries.filter(({ id }) => id >= low && id <= high);
  const found = [...entriesOf(stream, { from: low, to: high, reverse })].map(({ id }) => formatId(id));
  expect(found).toEqual((reverse ? expected.reverse() : expected).map(({ id }) => formatId(id)));
}

function all(stream: Stream): string[] {
  return [...entriesOf(stream, { from: ID_MIN, to: ID_MAX })].map(shown);
}

/** An entry in short: whole ones are slow to compare. */
function shown({ id, fields }: StreamEntry): string {
  return `${formatId(id)} ${fields.map((field) => `${field.length}:${field.toString("latin1", 0, 4)}`)}`;
}

function open(db: Database, key = KEY): Stream {
  const record = db.find(key);
  return record === undefined ? createStream(db, key) : openStream(db, key, record);
}

function databaseOf(store: Store): Database {
  return new Databases(store.begin(), 16, NOW_MS).at(0);
}

function run(store: Store, model: Model, step: Step) {
  const db = databaseOf(store);
  const stream = open(db);
  step({ db, stream, model });
  saveStream(stream, undefined);
  store.commit(db.transaction);
  expect(checkStore(store.begin(), OBJECT_TYPES)).toEqual([]);
  const after = open(databaseOf(store));
  const expected = model.entries;
  expect(all(after).join("\n")).toBe(expected.map(shown).join("\n"));
  expect([after.header.length, after.header.lastId]).toEqual([expected.length, model.lastId]);
  const { maxDeletedId } = after.header;
  expect(formatId(maxDeletedId)).toBe(formatId(model.maxDeletedId));
  for (const { id, fields } of [expected[0], expected[expected.length >> 1], expected.at(-1)].flatMap(
    (entry) => entry ?? [],
  )) {
    expect(entryAt(after, id)).toEqual(fields);
  }
}

test("entries in chunks, holes and slots are those of a plain list", () => {
  fc.assert(
    fc.property(fc.array(steps, { minLength: 1, maxLength: 25 }), (chosen) => {
      const model = new Model();
      const store = Store.over(new MemoryStore(), OBJECT_TYPES);
      for (const step of chosen) run(store, model, step);
    }),
    { numRuns: 40 },
  );
}, 120_000);

test("the entries are the same when the store is opened again after each step", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 12 }), async (chosen) => {
      const model = new Model();
      const directory = temporaryDirectory();
      for (const step of chosen) {
        const store = Store.open(directory, OBJECT_TYPES);
        run(store, model, step);
        await closeChecked(store);
      }
    }),
    { numRuns: 3 },
  );
}, 120_000);

test("a stream with a key for each entry, as earlier versions wrote it, continues", () => {
  fc.assert(
    fc.property(fc.nat(250), fc.array(steps, { maxLength: 12 }), (count, chosen) => {
      const model = new Model();
      const store = Store.over(new MemoryStore(), OBJECT_TYPES);
      const db = databaseOf(store);
      const given = Array.from({ length: count }, (_, i) => ({
        id: entryId(i + 1, i),
        fields: [Buffer.from("n"), Buffer.from(String(i))],
      }));
      for (const entry of given) model.append(entry, 100);
      const { id } = db.put(KEY, { type: "stream", payload: oldHeader(model), expireAtMs: 0 }, "xadd");
      for (const entry of model.entries) {
        db.transaction.put(streamEntryKey(id, entry.id), oldEntry(entry.node, entry));
      }
      store.commit(db.transaction);
      for (const step of [() => undefined, ...chosen]) run(store, model, step);
    }),
    { numRuns: 15 },
  );
}, 120_000);

/** The header of the format before chunks. */
function oldHeader({ entries, lastId }: Model): Buffer {
  const buffer = Buffer.alloc(84);
  buffer.writeDoubleBE(entries.length, 0);
  buffer.writeBigInt64BE(BigInt(entries.length), 8);
  buffer.write((entries[0]?.id ?? ID_MIN) as unknown as string, 16, "latin1");
  buffer.write(lastId as unknown as string, 32, "latin1");
  buffer.writeUInt32BE(1, 68);
  const node = entries.at(-1)?.node ?? 0;
  const inNode = entries.filter((entry) => entry.node === node).length;
  buffer.writeUInt32BE(node, 72);
  buffer.writeUInt32BE(inNode, 76);
  buffer.writeUInt32BE(inNode, 80);
  return buffer;
}

function oldEntry(node: number, { fields }: StreamEntry): Buffer {
  const head = Buffer.alloc(5);
  head[0] = 1;
  head.writeUInt32BE(node, 1);
  return Buffer.concat([
    head,
    ...fields.flatMap((field) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(field.length);
      return [length, field];
    }),
  ]);
}
