import { chmodSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bytesOfText } from "../../src/base/bytes.ts";
import { Databases } from "../../src/keyspace/databases.ts";
import { metaKey } from "../../src/keyspace/layouts.ts";
import { encodeNumber } from "../../src/keyspace/records.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { OpenError } from "../../src/storage/ordered-store.ts";
import { closeChecked, temporaryDirectory } from "../support/stores.ts";

/** A directory with a store of a hundred keys, closed. */
async function closedStore(): Promise<string> {
  const directory = temporaryDirectory();
  const store = Store.open(directory, OBJECT_TYPES);
  const database = new Databases(store.begin(), 16, 0).at(0);
  for (let number = 0; number < 100; number += 1) {
    database.put(
      bytesOfText(`k${number}`),
      { type: "string", payload: Buffer.alloc(500), expireAtMs: 0 },
      "set",
    );
  }
  store.commit(database.transaction);
  await closeChecked(store);
  return directory;
}

function openError(directory: string): string {
  try {
    Store.open(directory, OBJECT_TYPES);
  } catch (error) {
    expect(error).toBeInstanceOf(OpenError);
    return (error as OpenError).message;
  }
  throw new Error("the store was opened");
}

test("open() makes the directory, and a store that is closed opens again", async () => {
  const directory = `${temporaryDirectory()}/a/b`;
  await closeChecked(Store.open(directory, OBJECT_TYPES));
  await closeChecked(Store.open(directory, OBJECT_TYPES));
});

test.each([
  ["empty", (path: string) => truncateSync(path, 0)],
  ["cut inside its first page", (path: string) => truncateSync(path, 100)],
  ["cut after its meta pages", (path: string) => truncateSync(path, 8192)],
  ["zeroed", (path: string) => writeFileSync(path, Buffer.alloc(100_000))],
  ["foreign", (path: string) => writeFileSync(path, "REDIS0011".repeat(5000))],
])("open() refuses a data.mdb that is %s and leaves it as it is", async (_name, damage) => {
  const directory = await closedStore();
  const path = `${directory}/data.mdb`;
  damage(path);
  const before = readFileSync(path);
  expect(openError(directory)).toContain(path);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("open() refuses a path that is a file", () => {
  const path = `${temporaryDirectory()}/file`;
  writeFileSync(path, "x");
  expect(openError(path)).toContain(`'${path}' is not a directory`);
  expect(openError(`${path}/below`)).toContain("is not a directory");
});

test("open() refuses a data.mdb that is a directory", () => {
  const directory = temporaryDirectory();
  mkdirSync(`${directory}/data.mdb`);
  expect(openError(directory)).toContain("is not a file");
});

test.skipIf(process.getuid?.() === 0)("open() refuses a directory it may not write", () => {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o500);
  expect(openError(directory)).toContain("give the server's user the right");
});

test("open() refuses a directory that is open already, and takes it once that store is closed", async () => {
  const directory = temporaryDirectory();
  const store = Store.open(directory, OBJECT_TYPES);
  expect(openError(directory)).toMatch(/is in use by process \d+ .*stop it/);
  await closeChecked(store);
  await closeChecked(Store.open(directory, OBJECT_TYPES));
});

test("open() refuses a store of a newer format and leaves it openable", async () => {
  const directory = await closedStore();
  const store = Store.open(directory, OBJECT_TYPES);
  const transaction = store.begin();
  transaction.put(metaKey("format"), encodeNumber(99));
  store.commit(transaction);
  await store.close();
  expect(openError(directory)).toContain("format 99");
  expect(openError(directory)).toContain("format 99");
});

test("open() leaves foreign files alone and removes what a start that was cut off left behind", async () => {
  const directory = temporaryDirectory();
  writeFileSync(`${directory}/dump.rdb`, "theirs");
  writeFileSync(`${directory}/data.mdb.new`, "half");
  await closeChecked(Store.open(directory, OBJECT_TYPES));
  expect(readFileSync(`${directory}/dump.rdb`, "latin1")).toBe("theirs");
  expect(readdirSync(directory)).not.toContain("data.mdb.new");
});
