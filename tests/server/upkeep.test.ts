import { expect, test } from "vitest";
import { bytesOfText } from "../../src/base/bytes.ts";
import { Databases } from "../../src/keyspace/databases.ts";
import { checkStore } from "../../src/keyspace/self-check.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { startUpkeep } from "../../src/server/upkeep.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import { failingStore } from "../support/failing-store.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

test("startUpkeep() removes a flushed database slice by slice, and stops on request", () => {
  const clock = new VirtualClock();
  const ordered = new MemoryStore();
  const store = Store.over(ordered, OBJECT_TYPES);
  const emptyKeys = ordered.status().pendingKeys;
  const databases = new Databases(store.begin(), 16, clock.now());
  for (let number = 0; number < 1200; number += 1) {
    const value = { type: "string" as const, payload: Buffer.from("v"), expireAtMs: 0 };
    databases.at(0).put(bytesOfText(`k${number}`), value, "set");
  }
  databases.flush(0);
  store.commit(databases.transaction);
  const end = startUpkeep({ store, clock, onReopened: () => undefined });
  const sizes = [];
  for (const ms of [1000, 10, 10]) {
    clock.advance(ms);
    sizes.push(ordered.status().pendingKeys);
    expect(checkStore(store.begin(), OBJECT_TYPES)).toEqual([]);
  }
  // Two entries a key; what stays are the counters of ids and of databases, and which database it is now.
  expect(sizes).toEqual([emptyKeys + 1400 + 5, emptyKeys + 400 + 5, emptyKeys + 3]);
  end();
  store.begin();
  clock.advance(60_000);
  expect(ordered.status().pendingKeys).toBe(emptyKeys + 3);
});

test("startUpkeep() asks a store that failed once a second whether it takes commits again", () => {
  const clock = new VirtualClock();
  const failing = failingStore();
  const store = Store.over(failing.store, OBJECT_TYPES);
  failing.fail(3);
  const { transaction } = new Databases(store.begin(), 16, clock.now());
  transaction.put(bytesOfText("k"), Buffer.from("v"));
  expect(() => store.commit(transaction)).toThrow("no space");
  let reopened = 0;
  const end = startUpkeep({ store, clock, onReopened: () => (reopened += 1) });
  clock.advance(2000);
  expect([failing.askedCount, reopened]).toEqual([2, 0]);
  clock.advance(5000);
  expect([failing.askedCount, reopened, store.failure]).toEqual([3, 1, undefined]);
  end();
});
