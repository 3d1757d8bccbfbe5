/** A disk that is really full: what is refused, what is kept, and that all goes on once there is room. */
import { closeSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DurableStore } from "../../src/storage/durable-store.ts";
import { canMount, smallDisk } from "../support/small-disk.ts";
import { contentsAfter, contentsOf, writesOf } from "./store-writer.ts";

const MIB = 1024 * 1024;
const LIMITS = { journalBytesMax: 300_000, tableBytesMax: MIB, cacheBytesMax: 100_000 };

/** Takes all room but `bytes` of a disk; returns the function that gives it back. */
function takeRoom(directory: string, bytes: number): () => void {
  const path = `${directory}/ballast`;
  const file = openSync(path, "w");
  try {
    for (let size = 64 * 1024; size >= 4096; size /= 2) {
      for (;;) {
        const { bavail, bsize } = statfsSync(directory);
        if (bavail * bsize < bytes + size) break;
        writeSync(file, Buffer.alloc(size));
      }
    }
  } finally {
    closeSync(file);
  }
  return () => rmSync(path);
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Commits from `last` on until the store fails, or until `lastMax`; returns the last that was acknowledged. */
async function commitUntilFailure(store: DurableStore, last: number, lastMax: number): Promise<number> {
  let number = last;
  try {
    while (number < lastMax) {
      store.commit(writesOf(number + 1));
      number += 1;
      await nextTurn();
    }
  } catch (error) {
    expect(error).toBe(store.failure);
  }
  return number;
}

async function untilItTakesCommits(store: DurableStore): Promise<void> {
  for (let left = 500; store.failure !== undefined; left -= 1) {
    if (left === 0) throw new Error(`it still fails: ${store.failure.message}`);
    try {
      store.reopen();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

describe.each(["tmpfs", "ext4"] as const)("on a full %s", (kind) => {
  const isSkipped = !canMount(kind);

  test.skipIf(isSkipped)(
    "a commit that finds no room for the journal fails, and later ones do not",
    async () => {
      const directory = smallDisk(kind, 24 * MIB);
      const store = DurableStore.open(directory, { limits: LIMITS });
      const giveBack = takeRoom(directory, 100_000);
      const acknowledged = await commitUntilFailure(store, 0, 50_000);
      expect(store.failure?.message).toMatch(/could not write to the journal .*: the disk is full \(ENOSPC/);
      expect(contentsOf(store).contents).toEqual(contentsAfter(acknowledged));
      expect(() => store.reopen()).toThrow("the disk is full");
      giveBack();
      await untilItTakesCommits(store);
      expect(await commitUntilFailure(store, acknowledged, acknowledged + 200)).toBe(acknowledged + 200);
      await store.close();
      const again = DurableStore.open(directory);
      expect(contentsOf(again).contents).toEqual(contentsAfter(acknowledged + 200));
      await again.close();
    },
  );

  // To read a hole of a mapped file takes a page on tmpfs; where there is none, the system ends the process (SIGBUS).
  test.skipIf(isSkipped || kind === "tmpfs")(
    "a checkpoint that finds no room continues once there is some",
    async () => {
      const directory = smallDisk(kind, 24 * MIB);
      const store = DurableStore.open(directory, { limits: LIMITS });
      // Both journals have their blocks, and data.mdb has not.
      store.setFlushPolicy("no");
      while (store.status().journalBytes < 2 * MIB || store.status().isCheckpointing) {
        store.commit(writesOf(1));
        await nextTurn();
      }
      store.setFlushPolicy("always");
      const giveBack = takeRoom(directory, 0);
      const acknowledged = await commitUntilFailure(store, 0, 50_000);
      expect(store.failure?.message).toMatch(/^a checkpoint failed: the disk is full \(.*is in the journal/);
      expect(contentsOf(store).contents).toEqual(contentsAfter(acknowledged));
      for (let time = 0; time < 5; time += 1) {
        expect(() => store.reopen()).toThrow("the disk is full");
        await new Promise((resolve) => setTimeout(resolve, 20));
        expect(store.failure?.message).toContain("the disk is full");
      }
      giveBack();
      await untilItTakesCommits(store);
      expect(await commitUntilFailure(store, acknowledged, acknowledged + 200)).toBe(acknowledged + 200);
      await store.close();
      const again = DurableStore.open(directory);
      expect(contentsOf(again).contents).toEqual(contentsAfter(acknowledged + 200));
      await again.close();
    },
  );
});
