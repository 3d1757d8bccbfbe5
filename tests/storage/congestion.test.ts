/** When writers should wait for the disk, and when they may go on. */
import { expect, onTestFinished, test } from "vitest";
import { bytesOfText } from "../../src/base/bytes.ts";
import { DurableStore } from "../../src/storage/durable-store.ts";
import { temporaryDirectory } from "../support/stores.ts";

const LIMITS = { tableBytesMax: 200_000, journalBytesMax: 1_000_000 };

function opened(): DurableStore {
  const store = DurableStore.open(temporaryDirectory(), { limits: LIMITS });
  store.setFlushPolicy("no");
  onTestFinished(() => store.close());
  return store;
}

/** Fills the active table so many times. */
function fill(store: DurableStore, times: number, prefix: string): void {
  for (let bytes = 0; bytes < times * LIMITS.tableBytesMax; bytes += 1200)
    store.commit([[bytesOfText(`k${prefix}${bytes}`), Buffer.alloc(1024)]]);
}

test("a store is congested when the next table is full and the frozen one not carried, until it is", async () => {
  const store = opened();
  let relieved = 0;
  store.onRelieved(() => {
    relieved += 1;
  });
  fill(store, 1.1, "a");
  expect(store.isCongested).toBe(false);
  await null;
  fill(store, 0.9, "b");
  expect(store.isCongested).toBe(false);
  fill(store, 0.3, "c");
  expect([store.isCongested, relieved]).toEqual([true, 0]);
  while (relieved === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(store.isCongested).toBe(false);
});

test("pendingBytes stays within its bound while writers heed the congestion", async () => {
  const store = opened();
  for (let round = 0; round < 200; round += 1) {
    if (!store.isCongested) fill(store, 0.05, `${round}-`);
    const { pendingBytes, pendingBytesMax } = store.status();
    expect(pendingBytes).toBeLessThan(pendingBytesMax);
    await new Promise((resolve) => setImmediate(resolve));
  }
});
