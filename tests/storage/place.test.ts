/** A directory that is cleaned, moved or replaced under a running store. */
import { cpSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { bytesOfText } from "../../src/base/bytes.ts";
import { DurableStore } from "../../src/storage/durable-store.ts";
import { CommitError, OpenError } from "../../src/storage/ordered-store.ts";
import { temporaryDirectory } from "../support/stores.ts";

function opened(directory: string): DurableStore {
  const store = DurableStore.open(directory);
  onTestFinished(() => store.close().catch(() => undefined));
  store.commit([[bytesOfText("k"), Buffer.from("v")]]);
  return store;
}

function commit(store: DurableStore): void {
  store.commit([[bytesOfText("k"), Buffer.from("w")]]);
}

const aWhile = () => new Promise((resolve) => setTimeout(resolve, 15));

test("open() refuses a directory in use after its lock file has been removed", () => {
  const directory = temporaryDirectory();
  opened(directory);
  rmSync(`${directory}/detent.lock`);
  expect(() => DurableStore.open(directory)).toThrow(OpenError);
  expect(() => DurableStore.open(directory)).toThrow(/is in use by /);
});

test.each([
  ["its directory is gone", (directory: string) => rmSync(directory, { recursive: true })],
  ["a journal is gone", (directory: string) => rmSync(`${directory}/journal-1.log`)],
  ["data.mdb is gone", (directory: string) => rmSync(`${directory}/data.mdb`)],
  [
    "its directory has been replaced",
    (directory: string) => {
      renameSync(directory, `${directory}.away`);
      onTestFinished(() => rmSync(`${directory}.away`, { recursive: true, force: true }));
      cpSync(`${directory}.away`, directory, { recursive: true });
    },
  ],
])("commit() fails when %s, and reads go on", async (_name, change) => {
  const directory = temporaryDirectory();
  const store = opened(directory);
  await aWhile();
  change(directory);
  expect(() => commit(store)).toThrow(CommitError);
  expect(() => commit(store)).toThrow(/has been removed or replaced, or its directory has/);
  expect(store.get(bytesOfText("k"))?.toString()).toBe("v");
  expect(store.status().dataBytes).toBeGreaterThan(0);
  expect(() => store.reopen()).toThrow(/has been removed or replaced/);
});

test("commits go on when a directory that was moved away is moved back", async () => {
  const directory = temporaryDirectory();
  const away = `${temporaryDirectory()}/away`;
  const store = opened(directory);
  await aWhile();
  renameSync(directory, away);
  mkdirSync(directory);
  expect(() => commit(store)).toThrow(CommitError);
  rmSync(directory, { recursive: true });
  renameSync(away, directory);
  store.reopen();
  commit(store);
  expect(store.get(bytesOfText("k"))?.toString()).toBe("w");
});
