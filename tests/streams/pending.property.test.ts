/**
 * The pending entries of a group in their pages, compared with a map: random deliveries, claims, acknowledgements and
 * removals of consumers. Group and stream are read from the store anew for each step, and the self-check runs after it.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesOfText } from "../../src/base/bytes.ts";
import type { Database } from "../../src/keyspace/database.ts";
import { Databases } from "../../src/keyspace/databases.ts";
import {
  consumerPendingKey,
  consumerPendingPrefix,
  pendingEntryKey,
  streamGroupKey,
} from "../../src/keyspace/layouts.ts";
import { checkStore } from "../../src/keyspace/self-check.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import type { Write } from "../../src/storage/ordered-store.ts";
import { consumersOf, createConsumer, findConsumer, type Group } from "../../src/streams/consumers.ts";
import { type EntryId, entryId, entryIdOf, ID_MAX, ID_MIN } from "../../src/streams/entry-id.ts";
import { createGroup, findGroup, removeConsumer, saveGroup } from "../../src/streams/groups.ts";
import {
  findPending,
  firstPendingId,
  lastPendingId,
  pendingEntries,
  putPending,
  removePending,
} from "../../src/streams/pending.ts";
import { decodePage, encodePage, type PendingEntry } from "../../src/streams/pending-page.ts";
import { createStream, openStream, type Stream, saveStream } from "../../src/streams/streams.ts";

const KEY = bytesOfText("s");
const NOW_MS = 1_700_000_000_000;
const GROUP = Buffer.from("g");

/** A store that keeps what the last commit wrote. */
class WatchedStore extends MemoryStore {
  last: readonly Write[] = [];

  override commit(writes: readonly Write[]): void {
    this.last = writes;
    super.commit(writes);
  }
}

function fresh(ordered = new MemoryStore()) {
  const store = Store.over(ordered, OBJECT_TYPES);
  const change = (step: (stream: Stream, group: Group, db: Database) => void) => {
    const db = new Databases(store.begin(), 16, NOW_MS).at(0);
    const record = db.find(KEY);
    const stream = record === undefined ? createStream(db, KEY) : openStream(db, KEY, record);
    const group =
      findGroup(stream, GROUP) ?? createGroup(stream, { name: GROUP, lastId: ID_MIN, entriesRead: 0n });
    step(stream, group, db);
    saveGroup(stream, group);
    saveStream(stream, undefined);
    store.commit(db.transaction);
  };
  return { store, change };
}

function consumerOf(stream: Stream, group: Group, name: number): number {
  const buffer = Buffer.from(`c${name}`);
  return (findConsumer(stream, group, buffer) ?? createConsumer(stream, group, buffer)).number;
}

interface Held {
  readonly consumer: number;
  readonly deliveredMs: number;
  readonly deliveryCount: bigint;
}

/** Pending entries of a model: ids by number. */
type Model = Map<number, Held>;
type Step = (stream: Stream, group: Group, model: Model) => void;

const idOf = (number: number): EntryId => entryId(1_000_000 + Math.floor(number / 3), number % 3);

function put(stream: Stream, group: Group, model: Model, number: number, held: Held) {
  const consumer = consumerOf(stream, group, held.consumer);
  putPending(stream, group, { ...held, id: idOf(number), consumer });
  const id = idOf(number);
  if (id > group.lastId) group.lastId = id;
  model.set(number, held);
}

const steps: fc.Arbitrary<Step> = fc.oneof(
  // As XREADGROUP does: new entries behind all others.
  {
    weight: 4,
    arbitrary: fc
      .record({ count: fc.nat(50), consumer: fc.nat(40), consumers: fc.constantFrom(1, 1, 3, 40) })
      .map(
        ({ count, consumer, consumers }): Step =>
          (stream, group, model) => {
            const start = Math.max(0, ...model.keys()) + 1;
            for (let i = 0; i < count; i += 1) {
              put(stream, group, model, start + i, {
                consumer: (consumer + (i % consumers)) % 41,
                deliveredMs: NOW_MS + i,
                deliveryCount: 1n,
              });
            }
          },
      ),
  },
  // As XCLAIM does: anywhere.
  fc
    .array(fc.record({ number: fc.nat(400), consumer: fc.nat(40), idleMs: fc.constantFrom(0, 5, 2 ** 52) }), {
      maxLength: 30,
    })
    .map(
      (claims): Step =>
        (stream, group, model) => {
          for (const { number, consumer, idleMs } of claims) {
            const deliveryCount = idleMs === 5 ? 2n ** 62n : (model.get(number)?.deliveryCount ?? 0n) + 1n;
            put(stream, group, model, number, { consumer, deliveredMs: NOW_MS - idleMs, deliveryCount });
          }
        },
    ),
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(400), fc.nat(100), fc.constantFrom(1, 2)).map(
      ([from, count, by]): Step =>
        (stream, group, model) => {
          const chosen = [...model.keys()].sort((a, b) => a - b).slice(from % (model.size + 1));
          for (let i = 0; i < count; i += by) {
            const number = chosen[i];
            const wasThere = number !== undefined && model.delete(number);
            expect(removePending(stream, group, idOf(number ?? 9999))).toBe(wasThere);
          }
        },
    ),
  },
  fc.constant<Step>((stream, group, model) => {
    for (const number of model.keys()) removePending(stream, group, idOf(number));
    model.clear();
  }),
  fc.nat(40).map(
    (name): Step =>
      (stream, group, model) => {
        const consumer = findConsumer(stream, group, Buffer.from(`c${name}`));
        if (consumer !== undefined) removeConsumer(stream, group, consumer);
        for (const [number, held] of model) if (held.consumer === name) model.delete(number);
      },
  ),
);

function expectSame(stream: Stream, group: Group, model: Model) {
  const numbers = [...model.keys()].sort((a, b) => a - b);
  const names = new Map(consumersOf(stream, group).map(({ number, name }) => [number, name.toString()]));
  const shown = ({ id, consumer, deliveredMs, deliveryCount }: PendingEntry) =>
    `${Buffer.from(String(id), "latin1").toString("hex")} ${names.get(consumer)} ${deliveredMs} ${deliveryCount}`;
  const expected = (chosen: number[]) =>
    chosen.flatMap((number) => {
      const held = model.get(number);
      return held === undefined
        ? []
        : `${Buffer.from(String(idOf(number)), "latin1").toString("hex")} c${held.consumer} ${held.deliveredMs} ${held.deliveryCount}`;
    });
  const all = { from: ID_MIN, to: ID_MAX };
  expect([...pendingEntries(stream, group, all)].map(shown)).toEqual(expected(numbers));
  expect(group.pendingCount).toBe(model.size);
  expect(firstPendingId(group)).toBe(numbers[0] === undefined ? undefined : idOf(numbers[0]));
  const last = numbers.at(-1);
  expect(lastPendingId(stream, group)).toBe(last === undefined ? undefined : idOf(last));
  for (const consumer of consumersOf(stream, group)) {
    const held = numbers.filter((number) => `c${model.get(number)?.consumer}` === consumer.name.toString());
    expect([...pendingEntries(stream, group, { ...all, consumer })].map(shown)).toEqual(expected(held));
    const from = held[held.length >> 1] ?? 5;
    const some = held.filter((number) => number >= from && number <= from + 40);
    const range = { from: idOf(from), to: idOf(from + 40), consumer };
    expect([...pendingEntries(stream, group, range)].map(shown)).toEqual(expected(some));
  }
  const middle = numbers[numbers.length >> 1];
  if (middle !== undefined) expect(findPending(stream, group, idOf(middle))?.id).toBe(idOf(middle));
}

test("pending entries in pages are those of a plain map", () => {
  fc.assert(
    fc.property(fc.array(steps, { minLength: 1, maxLength: 20 }), (chosen) => {
      const { store, change } = fresh();
      const model: Model = new Map();
      for (const step of chosen) {
        change((stream, group) => step(stream, group, model));
        expect(checkStore(store.begin(), OBJECT_TYPES)).toEqual([]);
        change((stream, group) => expectSame(stream, group, model));
      }
    }),
    { numRuns: 40 },
  );
}, 120_000);

test("pending entries with a key each, as earlier versions wrote them, continue", () => {
  fc.assert(
    fc.property(fc.nat(60), fc.array(steps, { maxLength: 12 }), (count, chosen) => {
      const { store, change } = fresh();
      const model: Model = new Map();
      change((stream, group) => {
        for (let number = 1; number <= count; number += 1) {
          const held = { consumer: number % 3, deliveredMs: NOW_MS, deliveryCount: 1n };
          put(stream, group, model, number, held);
        }
      });
      const transaction = store.begin();
      writeOld(transaction, count);
      store.commit(transaction);
      for (const step of [() => undefined, ...chosen]) {
        change((stream, group) => step(stream, group, model));
        expect(checkStore(store.begin(), OBJECT_TYPES)).toEqual([]);
        change((stream, group) => expectSame(stream, group, model));
      }
    }),
    { numRuns: 25 },
  );
}, 120_000);

/** Writes the pages of the group 1 of the stream 1 as single entries, and the group as it was before pages. */
function writeOld(transaction: ReturnType<Store["begin"]>, count: number) {
  const pages = [...transaction.range(pendingEntryKey(1, 1, ID_MIN), pendingEntryKey(1, 1, ID_MAX))];
  for (const [key, value] of pages) {
    const page = decodePage(String(key).slice(-16) as unknown as EntryId, value);
    transaction.remove(key);
    for (const consumer of page.consumers) {
      transaction.remove(consumerPendingKey(consumerPendingPrefix(1, 1, consumer), page.id));
    }
    for (const { id, consumer, deliveredMs } of page.entries) {
      const old = Buffer.alloc(21);
      old[0] = 1;
      old.writeUInt32BE(consumer, 1);
      old.writeDoubleBE(deliveredMs, 5);
      old.writeBigInt64BE(1n, 13);
      transaction.put(pendingEntryKey(1, 1, id), old);
      transaction.put(consumerPendingKey(consumerPendingPrefix(1, 1, consumer), id), Buffer.alloc(0));
    }
  }
  const group = Buffer.alloc(61 + GROUP.length);
  group[0] = 1;
  group.writeUInt32BE(1, 1);
  group.write(String(count === 0 ? ID_MIN : idOf(count)), 5, "latin1");
  group.writeDoubleBE(count, 29);
  const consumers = Math.min(3, count);
  group.writeUInt32BE(consumers, 37);
  group.writeUInt32BE(consumers + 1, 41);
  group.write(String(count === 0 ? ID_MIN : idOf(1)), 45, "latin1");
  group.set(GROUP, 61);
  transaction.put(streamGroupKey(1, bytesOfText("g")), group);
}

describe("a page", () => {
  test("decodes to its entries, whatever their ids, times and counts are", () => {
    const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    const times = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 60, 2 ** 53 + 2, NOW_MS, 0.5));
    const entries = fc.array(
      fc.record({
        id: fc.tuple(fc.oneof(fc.bigInt({ min: 5n, max: 9n }), u64), u64),
        consumer: fc.nat(2 ** 32 - 1),
        deliveredMs: times,
        deliveryCount: fc.oneof(fc.bigInt({ min: 0n, max: 3n }), fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })),
      }),
    );
    fc.assert(
      fc.property(entries, (given) => {
        const sorted = given
          .map((entry) => ({ ...entry, id: entryIdOf(entry.id[0], entry.id[1]) }))
          .sort((a, b) => (a.id < b.id ? -1 : 1));
        const page = { id: sorted[0]?.id ?? ID_MIN, consumers: [1, 300], entries: sorted };
        expect(decodePage(page.id, encodePage(page))).toEqual(page);
      }),
    );
  });
});

describe("an entry that is delivered and acknowledged", () => {
  /** What a write takes in a journal: a head of six bytes, key and value. */
  const bytesOf = (writes: readonly Write[]) =>
    writes.reduce((sum, [key, value]) => sum + 6 + String(key).length + (value?.length ?? 0), 0);

  /** Delivers entries one by one to four workers, which acknowledge each before the next; what each step wrote. */
  function work(count: number) {
    const ordered = new WatchedStore();
    const { store, change } = fresh(ordered);
    change((stream, group) => {
      for (let name = 0; name < 4; name += 1) consumerOf(stream, group, name);
    });
    const step = (run: (stream: Stream, group: Group) => void) => {
      const db = new Databases(store.begin(), 16, NOW_MS).at(0);
      const record = db.find(KEY);
      if (record === undefined) throw new Error("the stream is there");
      const stream = openStream(db, KEY, record);
      const group = findGroup(stream, GROUP);
      if (group === undefined) throw new Error("the group is there");
      run(stream, group);
      saveGroup(stream, group);
      store.commit(db.transaction);
      return ordered.last;
    };
    const deliveries = [];
    const acknowledgements = [];
    for (let number = 1; number <= count; number += 1) {
      const id = idOf(number);
      deliveries.push(
        step((stream, group) => {
          const consumer = consumerOf(stream, group, number % 4);
          putPending(stream, group, { id, consumer, deliveredMs: NOW_MS, deliveryCount: 1n });
          group.lastId = id;
        }),
      );
      acknowledgements.push(step((stream, group) => expect(removePending(stream, group, id)).toBe(true)));
    }
    return { deliveries, acknowledgements };
  }

  test("takes three key writes and some 200 bytes each time, to the same few keys", () => {
    const { deliveries, acknowledgements } = work(500);
    const later = [...deliveries.slice(10), ...acknowledgements.slice(10)];
    for (const writes of later) {
      expect(writes.length).toBeLessThanOrEqual(3);
      expect(bytesOf(writes)).toBeLessThanOrEqual(210);
      expect(writes.every(([, value]) => value !== null)).toBe(true);
    }
    // The group, four consumers and the page.
    expect(new Set(later.flat().map(([key]) => key)).size).toBe(6);
  });

  test("takes a tenth of it when a hundred are delivered at once", () => {
    const ordered = new WatchedStore();
    const { change } = fresh(ordered);
    change((stream, group) => {
      const consumer = consumerOf(stream, group, 1);
      for (let number = 1; number <= 100; number += 1) {
        putPending(stream, group, { id: idOf(number), consumer, deliveredMs: NOW_MS, deliveryCount: 1n });
      }
    });
    expect(ordered.last.length).toBeLessThanOrEqual(20);
    expect(bytesOf(ordered.last) / 100).toBeLessThanOrEqual(20);
  });
});
