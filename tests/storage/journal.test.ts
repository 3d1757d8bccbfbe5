/** What is found in a directory after a crash, and after damage. */
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { bytesOfText, chars, raw } from "../../src/base/bytes.ts";
import { DurableStore } from "../../src/storage/durable-store.ts";
import { RECORDS_OFFSET } from "../../src/storage/journal-file.ts";
import { OpenError, type Write } from "../../src/storage/ordered-store.ts";
import { temporaryDirectory } from "../support/stores.ts";

const JOURNAL = "journal-0.log";
const OTHER = "journal-1.log";

function put(name: string, value: string): Write {
  return [bytesOfText(name), Buffer.from(value)];
}

function contents(store: DurableStore): Record<string, string> {
  const entries = [...store.range(raw("k"), raw("l"))];
  return Object.fromEntries(entries.map(([key, value]) => [chars(key), value.toString()]));
}

/** The directory as a crash leaves it after these commits; `end(n)` is where the n-th record ends. */
async function crashed(commits: readonly (readonly Write[])[]) {
  const directory = temporaryDirectory();
  const image = temporaryDirectory();
  const store = DurableStore.open(directory);
  const ends = [RECORDS_OFFSET];
  for (const writes of commits) {
    store.commit(writes);
    ends.push(
      (ends.at(-1) ?? 0) +
        32 +
        writes.reduce((sum, [key, value]) => sum + 6 + chars(key).length + (value?.length ?? 0), 0),
    );
  }
  cpSync(directory, image, { recursive: true });
  await store.close();
  return { image, end: (count: number) => ends[count] ?? 0 };
}

/** Opens a copy of an image after a change to it. */
async function reopened(image: string, change: (directory: string) => void): Promise<Record<string, string>> {
  const directory = temporaryDirectory();
  cpSync(image, directory, { recursive: true });
  change(directory);
  const store = DurableStore.open(directory);
  const found = contents(store);
  await store.close();
  return found;
}

/** As a write that was cut off leaves it: nothing from `offset` on, in blocks the file had before. */
function tear(path: string, offset: number): void {
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0, offset));
}

function flip(path: string, offset: number): void {
  const bytes = readFileSync(path);
  bytes[offset] = (bytes[offset] ?? 0) ^ 0xff;
  writeFileSync(path, bytes);
}

const THREE = [
  [put("k1", "one")],
  [put("k2", "two"), put("k1", "uno")],
  [put("k3", "three"), [bytesOfText("k2"), null]],
] as const;
const AFTER_TWO = { k1: "uno", k2: "two" };
const AFTER_THREE = { k1: "uno", k3: "three" };

test("open() finds every commit after a crash", async () => {
  const { image } = await crashed(THREE);
  expect(await reopened(image, () => undefined)).toEqual(AFTER_THREE);
});

test("open() takes back a commit whose record is cut off at any byte", async () => {
  const { image, end } = await crashed(THREE);
  for (let bytes = end(2); bytes < end(3); bytes += 1) {
    const found = await reopened(image, (directory) => tear(`${directory}/${JOURNAL}`, bytes));
    expect(found).toEqual(AFTER_TWO);
  }
});

test("open() takes back a last commit with any byte changed", async () => {
  const { image, end } = await crashed(THREE);
  for (let offset = end(2); offset < end(3); offset += 1) {
    const found = await reopened(image, (directory) => flip(`${directory}/${JOURNAL}`, offset));
    expect(found).toEqual(AFTER_TWO);
  }
});

test("open() refuses when a commit is changed that later ones prove to have been on disk", async () => {
  const { image, end } = await crashed(THREE);
  for (let offset = end(1); offset < end(2); offset += 7) {
    const refusal = reopened(image, (directory) => flip(`${directory}/${JOURNAL}`, offset));
    await expect(refusal).rejects.toThrow(OpenError);
    await expect(refusal).rejects.toThrow(
      new RegExp(`at byte ${end(1)}.*commit 2 .*commit 3 .*truncate -s ${end(1)}`),
    );
  }
});

/** Opens a directory that is refused, and runs the command that the message ends with. */
function obey(directory: string): void {
  try {
    DurableStore.open(directory);
  } catch (error) {
    const command = /then run: (.*)$/.exec(error instanceof Error ? error.message : "")?.[1] ?? "false";
    execFileSync("sh", ["-c", command]);
    return;
  }
  throw new Error("it was not refused");
}

test("open() goes on without the damaged commits after the command that its message offers", async () => {
  const { image, end } = await crashed(THREE);
  const found = await reopened(image, (directory) => {
    flip(`${directory}/${JOURNAL}`, end(1) + 40);
    obey(directory);
  });
  expect(found).toEqual({ k1: "one" });
});

test("open() refuses a journal that is cut short anywhere, and goes on after the command its message offers", async () => {
  const { image, end } = await crashed(THREE);
  const whole = readFileSync(`${image}/${JOURNAL}`).length;
  for (const bytes of [end(1), end(2) + 5, end(3), 100_000, whole - 1]) {
    const cut = (directory: string) => truncateSync(`${directory}/${JOURNAL}`, bytes);
    await expect(reopened(image, cut)).rejects.toThrow(
      `is cut short (it has ${bytes} bytes and had ${whole})`,
    );
    const found = await reopened(image, (directory) => {
      cut(directory);
      obey(directory);
    });
    expect(found).toEqual(bytes < end(2) ? { k1: "one" } : bytes < end(3) ? AFTER_TWO : AFTER_THREE);
  }
});

test("open() refuses a journal that is cut short after it was opened again, and has grown", async () => {
  const { image } = await crashed(THREE);
  const directory = temporaryDirectory();
  const later = temporaryDirectory();
  cpSync(image, directory, { recursive: true });
  const store = DurableStore.open(directory);
  for (let number = 0; number < 30; number += 1)
    store.commit([[bytesOfText(`k${number}`), Buffer.alloc(100_000)]]);
  cpSync(directory, later, { recursive: true });
  await store.close();
  const whole = readFileSync(`${later}/${JOURNAL}`).length;
  expect(whole).toBeGreaterThan(3_000_000);
  const cut = (copy: string) => truncateSync(`${copy}/${JOURNAL}`, whole - 4096);
  await expect(reopened(later, cut)).rejects.toThrow("is cut short");
});

test("open() takes back unsynced commits behind a torn one without calling that damage", async () => {
  const directory = temporaryDirectory();
  const image = temporaryDirectory();
  const store = DurableStore.open(directory);
  store.setFlushPolicy("no");
  for (const writes of THREE) store.commit(writes);
  cpSync(directory, image, { recursive: true });
  await store.close();
  const found = await reopened(image, (copy) => flip(`${copy}/${JOURNAL}`, RECORDS_OFFSET + 20));
  expect(found).toEqual({});
});

test("a record inside a value of a torn commit does not pass for a later commit", async () => {
  const { image: source, end } = await crashed(THREE);
  const stolen = readFileSync(`${source}/${JOURNAL}`).subarray(end(2), end(3));
  const { image, end: endOf } = await crashed([THREE[0], [[bytesOfText("k2"), stolen]]]);
  const found = await reopened(image, (directory) => flip(`${directory}/${JOURNAL}`, endOf(1) + 12));
  expect(found).toEqual({ k1: "one" });
});

test.each([
  [
    "a journal is missing",
    (directory: string) => rmSync(`${directory}/${JOURNAL}`),
    "cannot open the journal",
  ],
  [
    "the unused journal is missing",
    (directory: string) => rmSync(`${directory}/${OTHER}`),
    "cannot open the journal",
  ],
  ["data.mdb is missing", (directory: string) => rmSync(`${directory}/data.mdb`), "data.mdb' is missing"],
  [
    "a journal is empty",
    (directory: string) => truncateSync(`${directory}/${JOURNAL}`, 0),
    "its head is not one",
  ],
  [
    "both copies of a head are damaged",
    (directory: string) => {
      flip(`${directory}/${JOURNAL}`, 9);
      flip(`${directory}/${JOURNAL}`, 521);
    },
    "its head is not one",
  ],
])("open() refuses when %s", async (_name, change, message) => {
  const { image } = await crashed(THREE);
  await expect(reopened(image, change)).rejects.toThrow(OpenError);
  await expect(reopened(image, change)).rejects.toThrow(message);
});

test.each([9, 521])("open() goes on when one copy of a head is damaged (byte %d)", async (offset) => {
  const { image } = await crashed(THREE);
  expect(await reopened(image, (directory) => flip(`${directory}/${JOURNAL}`, offset))).toEqual(AFTER_THREE);
});

test("open() refuses journals that belong to a later time than data.mdb", async () => {
  const directory = temporaryDirectory();
  const old = temporaryDirectory();
  const first = DurableStore.open(directory);
  first.commit([put("k", "1")]);
  await first.close();
  cpSync(directory, old, { recursive: true });
  for (const value of ["2", "3"]) {
    const store = DurableStore.open(directory);
    store.commit([put("k", value)]);
    await store.close();
  }
  cpSync(`${old}/data.mdb`, `${directory}/data.mdb`);
  expect(() => DurableStore.open(directory)).toThrow(/cut short|not of the same time/);
});

test("open() refuses a data.mdb that lost its end since it was closed", async () => {
  const directory = temporaryDirectory();
  const store = DurableStore.open(directory);
  for (let number = 0; number < 500; number += 1) store.commit([put(`k${number}`, "v".repeat(100))]);
  await store.close();
  const bytes = readFileSync(`${directory}/data.mdb`).length;
  truncateSync(`${directory}/data.mdb`, bytes - 4096);
  expect(() => DurableStore.open(directory)).toThrow("is cut short");
});

test("open() finds the commits of a table that was being carried into data.mdb", async () => {
  const directory = temporaryDirectory();
  const limits = { journalBytesMax: 1_000_000, tableBytesMax: 500_000, cacheBytesMax: 1_000_000 };
  const store = DurableStore.open(directory, { limits });
  onTestFinished(() => store.close());
  const expected: Record<string, string> = {};
  for (let number = 0; number < 4000; number += 1) {
    store.commit([put(`k${number % 3500}`, `${number}`)]);
    expected[`k${number % 3500}`] = `${number}`;
    // Tables change between turns.
    if (number === 3200) await null;
  }
  expect(store.status().isCheckpointing).toBe(true);
  for (let turn = 0; turn < 10; turn += 1) {
    // The journals first: data.mdb may only be later than they are, as the disk would have it.
    const image = temporaryDirectory();
    for (const name of [JOURNAL, OTHER, "data.mdb"]) cpSync(`${directory}/${name}`, `${image}/${name}`);
    const found = DurableStore.open(image);
    expect(contents(found)).toEqual(expected);
    await found.close();
    await new Promise((done) => setImmediate(done));
  }
  while (store.status().isCheckpointing) await new Promise((done) => setImmediate(done));
  expect(store.status().checkpointCount).toBe(1);
  expect(contents(store)).toEqual(expected);
});
