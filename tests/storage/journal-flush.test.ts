/** The flush policies, with a disk that can be told to fail. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bytesOfText } from "../../src/base/bytes.ts";
import { DurableStore } from "../../src/storage/durable-store.ts";
import { LmdbData } from "../../src/storage/lmdb-data.ts";
import { CommitError, type FlushPolicy } from "../../src/storage/ordered-store.ts";
import { temporaryDirectory } from "../support/stores.ts";

const disk = vi.hoisted(() => ({ syncs: 0, syncsAside: 0, failure: undefined as Error | undefined }));

vi.mock("node:fs", async (importOriginal) => {
  const fs = await importOriginal<typeof import("node:fs")>();
  const fdatasyncSync = (descriptor: number) => {
    disk.syncs += 1;
    if (disk.failure !== undefined) throw disk.failure;
    fs.fdatasyncSync(descriptor);
  };
  const fdatasync = (descriptor: number, done: (error: Error | null) => void) => {
    disk.syncs += 1;
    disk.syncsAside += 1;
    if (disk.failure === undefined) fs.fdatasync(descriptor, done);
    else done(disk.failure);
  };
  return { ...fs, fdatasyncSync, fdatasync };
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});

afterEach(() => {
  disk.failure = undefined;
  vi.useRealTimers();
});

function opened(policy: FlushPolicy): DurableStore {
  const store = DurableStore.open(temporaryDirectory());
  store.setFlushPolicy(policy);
  // The first commit makes the file grow, which is synced whatever the policy.
  store.commit([[bytesOfText("k"), Buffer.from("0")]]);
  store.flush();
  disk.syncs = 0;
  return store;
}

function commit(store: DurableStore, value: string): void {
  store.commit([[bytesOfText("k"), Buffer.from(value)]]);
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((done) => setImmediate(done));
}

test("commit() syncs once with always, and leaves it to others with everysec and no", async () => {
  for (const [policy, syncs] of [["always", 1] as const, ["everysec", 0] as const, ["no", 0] as const]) {
    const store = opened(policy);
    commit(store, "1");
    expect([policy, disk.syncs]).toEqual([policy, syncs]);
    expect(store.status().unflushedCommits).toBe(1 - syncs);
    await store.close();
  }
});

test("everysec syncs after a second when there is something to sync, and only then", async () => {
  const store = opened("everysec");
  vi.advanceTimersByTime(5000);
  expect(disk.syncs).toBe(0);
  commit(store, "1");
  vi.advanceTimersByTime(1000);
  await until(() => store.status().unflushedCommits === 0);
  expect(disk.syncs).toBe(1);
  await store.close();
});

test("flush() and a change to always sync what is not on disk", async () => {
  const store = opened("no");
  commit(store, "1");
  store.flush();
  expect([disk.syncs, store.status().unflushedCommits]).toEqual([1, 0]);
  commit(store, "2");
  store.setFlushPolicy("always");
  expect([disk.syncs, store.status().unflushedCommits]).toEqual([2, 0]);
  await store.close();
});

test("a sync in the background that fails ends all commits; reads go on", async () => {
  const store = opened("everysec");
  commit(store, "1");
  disk.failure = new Error("EIO: i/o error, fdatasync");
  vi.advanceTimersByTime(1000);
  await until(() => store.failure !== undefined);
  disk.failure = undefined;
  expect(() => commit(store, "2")).toThrow(CommitError);
  expect(() => store.reopen()).toThrow(/could not sync the journal .*EIO/);
  expect(store.get(bytesOfText("k"))?.toString()).toBe("1");
  await expect(store.close()).rejects.toThrow(CommitError);
});

test("a sync that fails in commit() leaves its writes invisible and is not tried again", async () => {
  const store = opened("always");
  commit(store, "1");
  disk.failure = new Error("EIO: i/o error, fdatasync");
  expect(() => commit(store, "2")).toThrow(/could not sync .*EIO/);
  disk.failure = undefined;
  disk.syncs = 0;
  expect(() => commit(store, "3")).toThrow(/could not sync .*EIO/);
  expect(() => store.flush()).toThrow(CommitError);
  expect(disk.syncs).toBe(0);
  expect(store.get(bytesOfText("k"))?.toString()).toBe("1");
  await expect(store.close()).rejects.toThrow(CommitError);
});

test("a checkpoint begins when its journal is on disk, whatever the policy", async () => {
  // Otherwise a loss of power could leave a data file that has parts of changes of which no journal tells.
  const apply = vi.spyOn(LmdbData.prototype, "apply");
  for (const [policy, syncs] of [["always", 0] as const, ["everysec", 1] as const, ["no", 1] as const]) {
    const store = DurableStore.open(temporaryDirectory(), { limits: { journalBytesMax: 2000 } });
    store.setFlushPolicy(policy);
    disk.syncsAside = 0;
    const syncsAtApply: number[] = [];
    apply.mockClear();
    apply.mockImplementationOnce(async function (this: LmdbData, writes) {
      syncsAtApply.push(disk.syncsAside);
      await this.apply(writes);
    });
    commit(store, "1".repeat(3000));
    await until(() => store.status().checkpointCount === 1);
    expect([policy, syncsAtApply]).toEqual([policy, [syncs]]);
    await store.close();
  }
  apply.mockRestore();
});

function noSpace(): Error {
  return Object.assign(new Error("ENOSPC: no space left on device, fdatasync"), {
    code: "ENOSPC",
    syscall: "fdatasync",
  });
}

test("a sync without room under everysec is recovered from: what it may have lost goes into the data file", async () => {
  const directory = temporaryDirectory();
  const store = DurableStore.open(directory);
  store.setFlushPolicy("everysec");
  store.commit([[bytesOfText("first"), Buffer.from("synced")]]);
  store.flush();
  store.commit([[bytesOfText("second"), Buffer.from("in doubt")]]);
  const doubtful = readdirSync(directory).find((name) =>
    readFileSync(`${directory}/${name}`).includes("in doubt"),
  );
  disk.failure = noSpace();
  vi.advanceTimersByTime(1000);
  await until(() => store.failure !== undefined);
  expect(() => store.reopen()).toThrow(/the disk is full/);
  expect(() => store.reopen()).toThrow(/the disk is full/);
  expect(() => commit(store, "1")).toThrow(/the disk is full/);
  expect(store.get(bytesOfText("second"))?.toString()).toBe("in doubt");
  disk.failure = undefined;
  await until(() => {
    try {
      store.reopen();
    } catch {
      return false;
    }
    return true;
  });
  store.commit([[bytesOfText("third"), Buffer.from("later")]]);
  store.flush();
  // As after a loss of power: the bytes that were in doubt have never reached the disk.
  const image = temporaryDirectory();
  cpSync(directory, image, { recursive: true });
  await store.close();
  expect(doubtful).toMatch(/^journal-/);
  const lost = `${image}/${doubtful}`;
  const bytes = readFileSync(lost);
  bytes.fill(0, bytes.indexOf("in doubt") - 16, bytes.indexOf("in doubt") + 8);
  writeFileSync(lost, bytes);
  const found = DurableStore.open(image);
  expect(["first", "second", "third"].map((key) => found.get(bytesOfText(key))?.toString())).toEqual([
    "synced",
    "in doubt",
    "later",
  ]);
  await found.close();
});

test("a sync that fails for another reason while records depend on it is not recovered from", async () => {
  const store = opened("no");
  commit(store, "1");
  disk.failure = new Error("EIO: i/o error, fdatasync");
  expect(() => store.flush()).toThrow(/EIO/);
  disk.failure = undefined;
  for (let count = 0; count < 3; count += 1) expect(() => store.reopen()).toThrow(/EIO/);
  await expect(store.close()).rejects.toThrow(CommitError);
});
