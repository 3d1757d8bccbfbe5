import { describe, expect, test } from "vitest";
import { bytesOfText } from "../../src/base/bytes.ts";
import { Databases } from "../../src/keyspace/databases.ts";
import { collectGarbage } from "../../src/keyspace/garbage.ts";
import { checkStore } from "../../src/keyspace/self-check.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import { acknowledgedBefore } from "../../src/streams/acknowledged.ts";
import { appendEntry } from "../../src/streams/append.ts";
import { createConsumer, type Group } from "../../src/streams/consumers.ts";
import {
  type EntryId,
  entryId,
  entryIdOf,
  formatId,
  ID_MAX,
  ID_MIN,
  idAfter,
  idBefore,
} from "../../src/streams/entry-id.ts";
import { createGroup, findGroup, saveGroup } from "../../src/streams/groups.ts";
import { putPending, removePending } from "../../src/streams/pending.ts";
import { entriesOf, openStream, type Stream, saveStream } from "../../src/streams/streams.ts";
import { trimAcknowledged, trimStream } from "../../src/streams/trim.ts";
import { CountingStore } from "../support/counting-store.ts";
import { closeChecked, temporaryDirectory } from "../support/stores.ts";

const KEY = bytesOfText("s");
const FIELDS = [Buffer.from("a"), Buffer.from("1")];
const NOW_MS = 1_700_000_000_000;

function fresh(ordered = new MemoryStore()) {
  const store = Store.over(ordered, OBJECT_TYPES);
  const begin = (nowMs = NOW_MS) => new Databases(store.begin(), 16, nowMs).at(0);
  return { store, begin };
}

function opened(db: ReturnType<ReturnType<typeof fresh>["begin"]>): Stream {
  const record = db.find(KEY);
  if (record === undefined) throw new Error("the stream is there");
  return openStream(db, KEY, record);
}

function idsOf(stream: Stream): string[] {
  return [...entriesOf(stream, { from: ID_MIN, to: ID_MAX })].map(({ id }) => formatId(id));
}

describe("entry ids", () => {
  test("idAfter() and idBefore() carry from one number to the other, and end at the ends", () => {
    const max = 2n ** 64n - 1n;
    expect(idAfter(entryId(1, 1))).toBe(entryId(1, 2));
    expect(idAfter(entryIdOf(1n, max))).toBe(entryId(2, 0));
    expect(idBefore(entryId(2, 0))).toBe(entryIdOf(1n, max));
    expect([idAfter(ID_MAX), idBefore(ID_MIN)]).toEqual([undefined, undefined]);
    expect(formatId(ID_MAX)).toBe("18446744073709551615-18446744073709551615");
    expect(formatId(entryIdOf(2n ** 53n, 2n ** 32n))).toBe("9007199254740992-4294967296");
  });

  test("ids compare as their numbers when they are beyond what a float64 holds", () => {
    const ids = [0n, 1n, 255n, 256n, 2n ** 32n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n];
    const shown = ids.map((ms) => entryIdOf(ms, 0n));
    expect([...shown].sort((a, b) => (a < b ? -1 : 1))).toEqual(shown);
    expect(shown.map(formatId)).toEqual(ids.map((ms) => `${ms}-0`));
  });
});

describe("appendEntry()", () => {
  test("takes ids from the turn's time and the last id, and records each entry", () => {
    const db = fresh().begin();
    const ids = [0, 1, 2].map(() => appendEntry(db, KEY, FIELDS));
    expect(ids.map((id) => id && formatId(id))).toEqual([`${NOW_MS}-0`, `${NOW_MS}-1`, `${NOW_MS}-2`]);
    const events = db.transaction.changes.map((change) =>
      change.kind === "key" ? change.event : change.kind,
    );
    expect(events).toEqual(["new", "touch", "xadd", "xadd", "xadd"]);
  });

  test("writes nothing when the key holds something else or the id is not above the last", () => {
    const db = fresh().begin();
    db.put(bytesOfText("k"), { type: "string", payload: Buffer.from("v"), expireAtMs: 0 }, "set");
    expect(appendEntry(db, bytesOfText("k"), FIELDS)).toBeUndefined();
    appendEntry(db, KEY, FIELDS, { id: entryId(5, 0) });
    const savepoint = db.transaction.savepoint();
    expect(appendEntry(db, KEY, FIELDS, { id: entryId(5, 0) })).toBeUndefined();
    expect(db.transaction.hasWrittenSince(savepoint)).toBe(false);
  });

  test("keeps what a group has not acknowledged when it trims", () => {
    const db = fresh().begin();
    const append = () => appendEntry(db, KEY, FIELDS, { lengthMax: 10 });
    for (let i = 0; i < 150; i += 1) append();
    expect(opened(db).header.length).toBeLessThanOrEqual(110);
    const stream = opened(db);
    createGroup(stream, { name: Buffer.from("g"), lastId: ID_MIN, entriesRead: -1n });
    saveStream(stream, "xgroup-create");
    const { length } = stream.header;
    for (let i = 0; i < 300; i += 1) append();
    expect(opened(db).header.length).toBe(length + 300);
  });

  test("trims a long backlog in pieces when the group that held it acknowledges", () => {
    const db = fresh().begin();
    for (let i = 0; i < 5000; i += 1) appendEntry(db, KEY, FIELDS);
    const lengths = Array.from({ length: 6 }, () => {
      appendEntry(db, KEY, FIELDS, { lengthMax: 10 });
      return opened(db).header.length;
    });
    expect(lengths).toEqual([4001, 3002, 2003, 1004, 10, 10]);
  });

  test("takes the same number of reads at any length", () => {
    const ordered = new CountingStore();
    const { store, begin } = fresh(ordered);
    const readsOf = (append: () => void) => {
      const before = ordered.reads;
      append();
      return ordered.reads - before;
    };
    const appendMany = (count: number) => {
      const db = begin();
      for (let i = 0; i < count; i += 1) appendEntry(db, KEY, FIELDS, { lengthMax: 200_000 });
      store.commit(db.transaction);
    };
    appendMany(10);
    const early = readsOf(() => appendMany(1));
    for (let i = 0; i < 10; i += 1) appendMany(10_000);
    expect(opened(begin()).header.length).toBe(100_011);
    expect(readsOf(() => appendMany(1))).toBe(early);
    expect(readsOf(() => expect(opened(begin()).header.length).toBe(100_012))).toBeLessThan(5);
  });
});

describe("trimAcknowledged()", () => {
  function withGroups() {
    const db = fresh().begin();
    for (let i = 1; i <= 10; i += 1) appendEntry(db, KEY, FIELDS, { id: entryId(i, 0) });
    const stream = opened(db);
    const group = (name: string, lastId: EntryId) =>
      createGroup(stream, { name: Buffer.from(name), lastId, entriesRead: -1n });
    return { stream, group };
  }

  const give = (stream: Stream, group: Group, id: EntryId) => {
    const consumer = createConsumer(stream, group, Buffer.from(formatId(id)));
    putPending(stream, group, { id, consumer: consumer.number, deliveredMs: 0, deliveryCount: 1n });
    saveGroup(stream, group);
    return { id, consumer: consumer.number };
  };

  test("trims to the length when no group prevents it, once there is more than the slack", () => {
    const { stream } = withGroups();
    expect(acknowledgedBefore(stream)).toBeUndefined();
    expect(trimAcknowledged(stream, 8, 2)).toBe(0);
    expect(trimAcknowledged(stream, 7, 2)).toBe(3);
    expect(idsOf(stream)[0]).toBe("4-0");
  });

  test("stops at the lowest id that any group has not read or not acknowledged", () => {
    const { stream, group } = withGroups();
    group("behind", entryId(9, 0));
    group("ahead", ID_MAX);
    expect(trimAcknowledged(stream, 0, 0)).toBe(9);
    expect(idsOf(stream)).toEqual(["10-0"]);
  });

  test("stops at a pending entry until it is acknowledged", () => {
    const { stream, group } = withGroups();
    const one = group("one", ID_MAX);
    group("two", entryId(8, 0));
    const pending = give(stream, one, entryId(4, 0));
    give(stream, one, entryId(6, 0));
    expect(acknowledgedBefore(stream)).toBe(entryId(4, 0));
    expect(trimAcknowledged(stream, 1, 0)).toBe(3);
    removePending(stream, one, pending.id);
    saveGroup(stream, one);
    expect(trimAcknowledged(stream, 1, 0)).toBe(2);
    expect(idsOf(stream)[0]).toBe("6-0");
  });
});

test("trimStream() reads what it removes and little more", () => {
  const ordered = new CountingStore();
  const { store, begin } = fresh(ordered);
  const db = begin();
  for (let i = 0; i < 5000; i += 1) appendEntry(db, KEY, FIELDS);
  store.commit(db.transaction);
  for (let round = 0; round < 5; round += 1) {
    const next = begin();
    const stream = opened(next);
    const before = ordered.reads;
    const target = { kind: "length", lengthMax: stream.header.length - 10 } as const;
    expect(trimStream(stream, { target, isApproximate: false, limit: 0 })).toBe(10);
    saveStream(stream, "xtrim");
    expect(ordered.reads - before).toBeLessThan(50);
    store.commit(next.transaction);
  }
});

test("a stream that is removed is collected in slices", () => {
  const { store, begin } = fresh();
  const db = begin();
  for (let i = 0; i < 250; i += 1) appendEntry(db, KEY, FIELDS);
  const stream = opened(db);
  createGroup(stream, { name: Buffer.from("g"), lastId: ID_MIN, entriesRead: -1n });
  saveStream(stream, "xgroup-create");
  db.remove(KEY, "del");
  store.commit(db.transaction);
  const partsLeft = () => [...store.begin().range(bytesOfText("s"), bytesOfText("t"))].length;
  // Two whole chunks, and the slots of the tail, of which fifty are in use.
  expect(partsLeft()).toBe(103);
  for (let removed = 100; removed === 100; ) {
    const transaction = store.begin();
    removed = collectGarbage(transaction, 100);
    expect(removed).toBeLessThanOrEqual(100);
    store.commit(transaction);
    expect(checkStore(store.begin(), OBJECT_TYPES)).toEqual([]);
  }
  expect(partsLeft()).toBe(0);
});

test("a stream and its group are what they were when the store is opened again", async () => {
  const directory = temporaryDirectory();
  const first = Store.open(directory, OBJECT_TYPES);
  const db = new Databases(first.begin(), 16, NOW_MS).at(0);
  for (let i = 1; i <= 300; i += 1) appendEntry(db, KEY, FIELDS, { id: entryId(i, i) });
  const stream = opened(db);
  createGroup(stream, { name: Buffer.from("g"), lastId: entryId(7, 7), entriesRead: 7n });
  saveStream(stream, "xgroup-create");
  const ids = idsOf(stream);
  first.commit(db.transaction);
  await closeChecked(first);
  const second = Store.open(directory, OBJECT_TYPES);
  const again = opened(new Databases(second.begin(), 16, NOW_MS).at(0));
  expect(again.header).toEqual(stream.header);
  expect(idsOf(again)).toEqual(ids);
  expect(findGroup(again, Buffer.from("g"))).toMatchObject({ lastId: entryId(7, 7), entriesRead: 7n });
  await closeChecked(second);
});

test("checkStore() reports a stream with wrong counters", () => {
  const { store, begin } = fresh();
  const db = begin();
  appendEntry(db, KEY, FIELDS);
  const stream = opened(db);
  stream.header.length = 2;
  saveStream(stream, undefined);
  store.commit(db.transaction);
  expect(checkStore(store.begin(), OBJECT_TYPES)).toEqual([
    expect.stringMatching(/says 2 of its length, it is 1/),
  ]);
});
