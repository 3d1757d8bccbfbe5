/** Backups of a store that is written to meanwhile, and what is restored from them with and without archived journals. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { bytesOfText, chars, raw } from "../../src/base/bytes.ts";
import { makeBackup } from "../../src/storage/backup.ts";
import { readBackup } from "../../src/storage/backup-format.ts";
import { capture } from "../../src/storage/capture.ts";
import { type DurableOptions, DurableStore } from "../../src/storage/durable-store.ts";
import { archivedJournals, type RestoreTarget } from "../../src/storage/journal-chain.ts";
import { restore } from "../../src/storage/restore.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { Ledger } from "./ledger.ts";

/** So small that a journal is full after some ten commits. */
const LIMITS = { journalBytesMax: 4096 };
const START_MS = 1_764_400_000_000;

interface Opened {
  readonly store: DurableStore;
  readonly ledger: Ledger;
}

function open(directory: string, options: DurableOptions = {}): Opened {
  const ledger = new Ledger();
  const store = DurableStore.open(directory, { limits: LIMITS, derived: ledger, ...options });
  onTestFinished(() => store.close());
  return { store, ledger };
}

/** Commit n puts its number under a key, and appends to one of five texts; a second apart from the one before. */
function commit({ store, ledger }: Opened, n: number): void {
  const redo = [ledger.append(`text${n % 5}`, String(n % 10), store)];
  store.commit([[bytesOfText(`n${n}`), Buffer.from(`value ${n} `.repeat(20))]], redo, START_MS + n * 1000);
}

/** Lets rotations and checkpoints go on. */
async function pause(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits for the end of a checkpoint that has begun, so that the next full journal is rotated at once. */
async function carried({ store }: Opened): Promise<void> {
  do await pause();
  while (store.status().isCheckpointing);
}

async function contents(directory: string): Promise<{ numbers: number[]; texts: string[]; total: number }> {
  const { store, ledger } = open(directory);
  const numbers = [...store.range(raw("n"), raw("o"))].map(([key]) => Number(chars(key).slice(1)));
  const texts = [0, 1, 2, 3, 4].map((n) => ledger.text(`text${n}`, store));
  const total = ledger.total(store);
  await store.close();
  return { numbers: numbers.sort((a, b) => a - b), texts, total };
}

/** What is there after so many commits. */
function after(count: number) {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const texts = [0, 1, 2, 3, 4].map((n) =>
    numbers
      .filter((one) => one % 5 === n)
      .map((one) => one % 10)
      .join(""),
  );
  return { numbers, texts, total: count };
}

const openAndClose = (directory: string) =>
  DurableStore.open(directory, { limits: LIMITS, derived: new Ledger() }).close();

async function restored(backup: string, archives: readonly string[] = [], target?: RestoreTarget) {
  const directory = join(temporaryDirectory(), "restored");
  const result = await restore({ backup, directory, archives, target, openAndClose });
  return { result, contents: await contents(directory) };
}

async function backupOf(directory: string): Promise<string> {
  const file = join(temporaryDirectory(), "a.backup");
  await makeBackup({ directory, file, nowMs: START_MS });
  return file;
}

test("a backup of a store in use has every commit so far, at any point of journals and checkpoints", async () => {
  const directory = temporaryDirectory();
  const opened = open(directory);
  let count = 0;
  for (let round = 0; round < 12; round += 1) {
    for (let left = 7; left > 0; left -= 1) {
      count += 1;
      commit(opened, count);
      if (left % 3 === 0) await pause();
    }
    const made = await makeBackup({
      directory,
      file: join(temporaryDirectory(), "b"),
      nowMs: START_MS,
    });
    expect(made).toMatchObject({ position: count, positionAtMs: START_MS + count * 1000 });
    expect((await restored(made.file)).contents).toEqual(after(count));
  }
});

test("restore() with archived journals stops at the position or the time that is named", async () => {
  const directory = temporaryDirectory();
  const archive = temporaryDirectory();
  const opened = open(directory, { archiveDirectory: archive });
  for (let n = 1; n <= 20; n += 1) commit(opened, n);
  const backup = await backupOf(directory);
  for (let n = 21; n <= 120; n += 1) {
    commit(opened, n);
    await carried(opened);
  }
  await opened.store.close();
  expect(readdirSync(archive).length).toBeGreaterThan(5);
  for (const position of [20, 21, 37, 64, 119, 120]) {
    const { result, contents } = await restored(backup, [archive], { kind: "position", position });
    expect(result).toMatchObject({ position, atMs: START_MS + position * 1000 });
    expect(contents).toEqual(after(position));
  }
  const target = { kind: "time", atMs: START_MS + 77_999 } as const;
  expect((await restored(backup, [archive], target)).contents).toEqual(after(77));
  const all = await restored(backup, [archive]);
  expect(all.contents).toEqual(after(120));
  expect((await restored(backup)).contents).toEqual(after(20));
  const beyond = { kind: "time", atMs: START_MS + 1_000_000 } as const;
  expect((await restored(backup, [archive], beyond)).result).toMatchObject({
    position: 120,
    endsBefore: true,
  });
});

test("restore() takes journals that are in the server's directory only", async () => {
  const directory = temporaryDirectory();
  const archive = temporaryDirectory();
  const opened = open(directory, { archiveDirectory: archive });
  for (let n = 1; n <= 5; n += 1) commit(opened, n);
  const backup = await backupOf(directory);
  for (let n = 6; n <= 60; n += 1) {
    commit(opened, n);
    await carried(opened);
  }
  const left = temporaryDirectory();
  for (const name of ["journal-0.log", "journal-1.log"])
    copyFileSync(join(directory, name), join(left, name));
  expect((await restored(backup, [archive, left])).contents).toEqual(after(60));
});

test("restore() reports what prevents it", async () => {
  const directory = temporaryDirectory();
  const archive = temporaryDirectory();
  const opened = open(directory, { archiveDirectory: archive });
  for (let n = 1; n <= 30; n += 1) commit(opened, n);
  const backup = await backupOf(directory);
  for (let n = 31; n <= 90; n += 1) {
    commit(opened, n);
    await carried(opened);
  }
  await opened.store.close();
  const at = (position: number) => ({ kind: "position", position }) as const;
  await expect(restored(backup, [archive], at(29))).rejects.toThrow(
    /made at position 30.*take an earlier backup/,
  );
  await expect(restored(backup, [archive], at(91))).rejects.toThrow(/lead to position 90 only, not to 91/);
  await expect(restore({ backup, directory, archives: [], target: undefined, openAndClose })).rejects.toThrow(
    /has a store already/,
  );
  // A journal in the middle is damaged, then missing.
  const { path, positions } = archivedJournals(archive).journals.at(-2) ?? { path: "", positions: undefined };
  const bytes = readFileSync(path);
  const flipped = Buffer.from(bytes);
  flipped[1024 + 500] = (flipped[1024 + 500] ?? 0) ^ 1;
  writeFileSync(path, flipped);
  await expect(restored(backup, [archive])).rejects.toThrow(
    /is damaged at byte \d+: commit \d+ is missing or changed/,
  );
  rmSync(path);
  await expect(restored(backup, [archive])).rejects.toThrow(
    /commit \d+ is in no journal, and later ones are in/,
  );
  const last = Math.max(30, (positions?.[0] ?? 0) - 1);
  expect((await restored(backup, [archive], at(last))).contents).toEqual(after(last));
});

test("a journal stays in use until it is archived, and a store with another history is refused its archive", async () => {
  const directory = temporaryDirectory();
  const archive = join(temporaryDirectory(), "archive");
  expect(() => DurableStore.open(directory, { archiveDirectory: archive })).toThrow(
    /cannot use the directory/,
  );
  mkdirSync(archive);
  const opened = open(directory, { archiveDirectory: archive });
  for (let n = 1; n <= 20; n += 1) commit(opened, n);
  const backup = await backupOf(directory);
  rmSync(archive, { recursive: true });
  for (let n = 21; n <= 60 && opened.store.failure === undefined; n += 1) {
    commit(opened, n);
    await carried(opened);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(opened.store.failure?.message).toMatch(/could not be archived in/);
  mkdirSync(archive);
  await expect.poll(() => reopened(opened.store)).toBe(true);
  await opened.store.close();
  expect(readdirSync(archive).length).toBeGreaterThan(0);
  const other = join(temporaryDirectory(), "restored");
  await restore({ backup, directory: other, archives: [], target: undefined, openAndClose });
  expect(() => DurableStore.open(other, { archiveDirectory: archive })).toThrow(/went another way/);
});

function reopened(store: DurableStore): boolean {
  try {
    store.reopen();
  } catch {
    // It is tried again.
  }
  return store.failure === undefined;
}

test("a backup is replaced only by a whole one, and damage to it is found wherever it is", async () => {
  const directory = temporaryDirectory();
  const opened = open(directory);
  for (let n = 1; n <= 25; n += 1) commit(opened, n);
  // Until a first journal has been carried there are no entries.
  await expect.poll(() => opened.store.status().checkpointCount).toBeGreaterThan(0);
  const file = await backupOf(directory);
  const bytes = readFileSync(file);
  const read = (changed: Buffer) => {
    writeFileSync(file, changed);
    return () => [...readBackup(file)].length;
  };
  expect(read(bytes)()).toBeGreaterThanOrEqual(3);
  for (let at = 0; at < bytes.length; at += 97) {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ 0x10;
    expect(read(flipped)).toThrow(/backup/);
    expect(read(bytes.subarray(0, at))).toThrow(/backup/);
  }
  expect(read(Buffer.concat([bytes, Buffer.from("x")]))).toThrow(/something stands behind its end/);
  writeFileSync(file, "earlier");
  await expect(makeBackup({ directory: temporaryDirectory(), file, nowMs: 0 })).rejects.toThrow(
    /there is no store/,
  );
  expect(readFileSync(file, "utf8")).toBe("earlier");
  const nowhere = join(temporaryDirectory(), "no", "file");
  await expect(makeBackup({ directory, file: nowhere, nowMs: 0 })).rejects.toThrow(/cannot write the backup/);
  expect(existsSync(nowhere)).toBe(false);
});

test("capture() reports a damaged journal", async () => {
  const directory = temporaryDirectory();
  const opened = open(directory, { limits: {} });
  for (let n = 1; n <= 9; n += 1) commit(opened, n);
  const path = join(directory, "journal-0.log");
  const journal = [path, join(directory, "journal-1.log")].find((one) =>
    readFileSync(one).includes("value 5"),
  );
  const bytes = readFileSync(journal ?? path);
  bytes.write("X", bytes.indexOf("value 5"));
  writeFileSync(journal ?? path, bytes);
  expect(() => capture(directory)).toThrow(/the journal is damaged/);
});
