/** Damage to data.mdb is found, named, and ends no process of ours. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { bytesOfText, raw } from "../../src/base/bytes.ts";
import { checkData } from "../../src/storage/check-data.ts";
import { DurableStore } from "../../src/storage/durable-store.ts";
import { DamageError } from "../../src/storage/sealed-values.ts";
import { temporaryDirectory } from "../support/stores.ts";

const PAGE_BYTES = 4096;

/** A directory with a closed store of five hundred keys. */
async function closedStore(): Promise<string> {
  const directory = temporaryDirectory();
  const store = DurableStore.open(directory);
  store.setFlushPolicy("no");
  for (let number = 0; number < 500; number += 1)
    store.commit([[bytesOfText(`k${number}`), Buffer.from(`value ${number} ${"v".repeat(100)}`)]]);
  await store.close();
  return directory;
}

function damage(directory: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(`${directory}/data.mdb`);
  change(bytes);
  writeFileSync(`${directory}/data.mdb`, bytes);
}

/** Flips a bit of a value wherever it is in the file. */
function flipIn(text: string) {
  return (bytes: Buffer) => {
    for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1))
      bytes.writeUInt8(bytes.readUInt8(at + 2) ^ 1, at + 2);
  };
}

test("a value with a flipped bit is an error that names the file, and other values are read", async () => {
  const directory = await closedStore();
  damage(directory, flipIn("value 77 "));
  const store = DurableStore.open(directory);
  onTestFinished(() => store.close());
  expect(() => store.get(bytesOfText("k77"))).toThrow(DamageError);
  expect(() => store.get(bytesOfText("k77"))).toThrow(
    `'${directory}/data.mdb' is damaged: the value of the key "k77"`,
  );
  expect(() => [...store.range(raw("k7"), raw("k8"))]).toThrow(DamageError);
  expect(store.get(bytesOfText("k78"))?.toString()).toContain("value 78 ");
  expect(store.verifyDisk()).toEqual([expect.stringContaining('"k77" does not match its checksum')]);
});

test("checkData() finds nothing in a sound directory, in one that is open, and in one that is empty", async () => {
  const directory = await closedStore();
  expect(checkData(directory)).toEqual([]);
  const store = DurableStore.open(directory);
  onTestFinished(() => store.close());
  expect(store.verifyDisk()).toEqual([]);
  expect(checkData(temporaryDirectory())).toEqual([]);
});

test("checkData() survives pages whose head is damaged, and reports them", async () => {
  const directory = await closedStore();
  damage(directory, (bytes) => {
    for (let page = 2; page < bytes.length / PAGE_BYTES; page += 1)
      bytes.fill(0xff, page * PAGE_BYTES + 18, page * PAGE_BYTES + 24);
  });
  expect(checkData(directory)).toEqual([expect.stringMatching(/^'.*\/data\.mdb' is damaged: /)]);
});

test.each([3, 6])("checkData() reports a page whose head has two damaged bytes (%d)", async (page) => {
  const directory = await closedStore();
  const sound = readFileSync(`${directory}/data.mdb`);
  for (const offset of [18, 20, 22]) {
    writeFileSync(`${directory}/data.mdb`, sound);
    damage(directory, (bytes) =>
      bytes.fill(0xff, page * PAGE_BYTES + offset, page * PAGE_BYTES + offset + 2),
    );
    const findings = checkData(directory);
    // The page may be a free one.
    for (const finding of findings) expect(finding).toContain("is damaged");
  }
});
