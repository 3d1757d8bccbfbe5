import { expect, test } from "vitest";
import { bytesOfText, raw } from "../../src/base/bytes.ts";
import { Databases } from "../../src/keyspace/databases.ts";
import { collectGarbage } from "../../src/keyspace/garbage.ts";
import { bulkKey } from "../../src/keyspace/layouts.ts";
import { checkStore } from "../../src/keyspace/self-check.ts";
import { Store } from "../../src/keyspace/store.ts";
import { putHistory } from "../../src/machines/history.ts";
import { createMachine } from "../../src/machines/machines.ts";
import { newMapMachine } from "../../src/machines/map-machine.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";

const KEYS = 25;

/** A store with two databases of every kind of string, the first of them flushed. */
function flushedStore() {
  const store = Store.over(new MemoryStore(), OBJECT_TYPES);
  const databases = new Databases(store.begin(), 16, 1000);
  for (const index of [0, 1]) {
    for (let number = 0; number < KEYS; number += 1) {
      const payload = Buffer.alloc(number % 3 === 0 ? 5000 : 10, "v");
      const expireAtMs = number % 2 === 0 ? 0 : 5000 + number;
      const key = bytesOfText(number % 5 === 0 ? `long${"k".repeat(1100)}${number}` : `k${number}`);
      databases.at(index).put(key, { type: "string", payload, expireAtMs }, "set");
    }
  }
  // Of a bulk job: a head, keys of machines, a result.
  for (const index of [0, 1])
    for (const kind of ["h", "c", "r"] as const)
      databases.transaction.put(bulkKey(databases.at(index).phys, kind, 1), Buffer.from("{}"));
  databases.flush(0);
  store.commit(databases.transaction);
  return store;
}

function entriesOf(store: Store) {
  return [...store.begin().range(raw("\0"), raw("\xff"))].map(([key]) => key);
}

test("collectGarbage() removes a flushed database piece by piece and nothing else", () => {
  const store = flushedStore();
  const withBoth = entriesOf(store).length;
  const counts = [];
  for (let count = 10; count === 10; ) {
    const transaction = store.begin();
    count = collectGarbage(transaction, 10);
    store.commit(transaction);
    counts.push(count);
    expect(checkStore(store.begin(), OBJECT_TYPES)).toEqual([]);
  }
  expect(counts).toEqual([10, 10, 9]);
  const left = entriesOf(store);
  expect(left.filter((key) => String(key).startsWith("g"))).toEqual([]);
  // Per key a record and an order entry, twelve expiries, nine long strings, two counters, three entries of a job, the garbage entry.
  expect(withBoth - left.length).toBe(2 * KEYS + 12 + 9 + 2 + 3 + 1);
  expect(new Databases(store.begin(), 16, 1000).at(1).size).toBe(KEYS);
});

test("collectGarbage() leaves an empty database as it was before it ever held a key", () => {
  const store = Store.over(new MemoryStore(), OBJECT_TYPES);
  const before = entriesOf(store);
  const databases = new Databases(store.begin(), 16, 1000);
  databases.at(0).put(bytesOfText("a"), { type: "string", payload: Buffer.from("1"), expireAtMs: 0 }, "set");
  databases.flush(0);
  expect(collectGarbage(databases.transaction, 100)).toBe(2);
  store.commit(databases.transaction);
  const facts = [raw("cid"), raw("cphys"), raw("mdatabase0")];
  expect(entriesOf(store)).toEqual([...facts, ...before].sort());
});

test("collectGarbage() returns 0 when nothing was flushed", () => {
  expect(collectGarbage(Store.over(new MemoryStore(), OBJECT_TYPES).begin(), 10)).toBe(0);
});

const FIRST = newMapMachine(500, {
  map: [["new", ["paid"]]],
  initial: "new",
  current: "new",
  reason: undefined,
  kind: "set",
});
const MACHINE = { ...FIRST.machine, rev: 3 };

/** Puts a machine with three history entries. */
function putMachine(databases: Databases, name: string): void {
  const entry = (rev: number) => ({ ...FIRST.history, rev });
  const keeping = { historyMax: 0, changesMax: 0, tellsMaps: false };
  const write = { machine: MACHINE, expireAtMs: 0, history: entry(1), keeping, event: undefined };
  const database = databases.at(0);
  createMachine(database, bytesOfText(name), write);
  const id = database.find(bytesOfText(name))?.id ?? 0;
  for (const rev of [2, 3]) putHistory(databases.transaction, id, entry(rev));
}

test("collectGarbage() removes the history of machines that were deleted, replaced or flushed", () => {
  const store = Store.over(new MemoryStore(), OBJECT_TYPES);
  const before = entriesOf(store);
  const databases = new Databases(store.begin(), 16, 1000);
  for (const name of ["deleted", "replaced", "remade", "remade", "flushed"]) putMachine(databases, name);
  const text = { type: "string" as const, payload: Buffer.from("v"), expireAtMs: 0 };
  databases.at(0).put(bytesOfText("replaced"), text, "set");
  databases.at(0).remove(bytesOfText("deleted"), "del");
  expect(checkStore(databases.transaction, OBJECT_TYPES)).toEqual([]);
  databases.flush(0);
  const counts = [];
  for (let count = 4; count === 4; counts.push(count)) {
    count = collectGarbage(databases.transaction, 4);
    expect(checkStore(databases.transaction, OBJECT_TYPES)).toEqual([]);
  }
  // Three keys and the entry of the flush; of each of four objects three history entries and the entry. A machine
  // that a machine replaces leaves nothing.
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3 + 1 + 4 * 4);
  store.commit(databases.transaction);
  expect(entriesOf(store)).toEqual([raw("cid"), raw("cphys"), raw("mdatabase0"), ...before].sort());
});
