import { beforeEach, expect, test } from "vitest";
import { raw } from "../../src/base/bytes.ts";
import { PendingValue } from "../../src/keyspace/pending-value.ts";
import { Transaction } from "../../src/keyspace/transaction.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";

/** How often each text was encoded. */
let encoded: string[] = [];

function encode(text: string): Buffer {
  encoded.push(text);
  return Buffer.from(text);
}

beforeEach(() => {
  encoded = [];
});

const KEY = raw("b");

function begun() {
  const store = new MemoryStore();
  store.commit([[raw("a"), Buffer.from("stored")]]);
  return new Transaction(store);
}

test("writes() encodes only the last of several values of a key, once", () => {
  const transaction = begun();
  for (const text of ["one", "two", "three"]) transaction.put(KEY, PendingValue.of(text, encode));
  expect(transaction.writes()).toEqual([[KEY, Buffer.from("three")]]);
  expect(transaction.writes()).toHaveLength(1);
  expect(encoded).toEqual(["three"]);
});

test("get() and range() return its bytes, pendingAt() the value for its own encoder", () => {
  const transaction = begun();
  transaction.put(KEY, PendingValue.of("text", encode));
  expect(transaction.pendingAt(KEY, encode)).toBe("text");
  expect(transaction.pendingAt(KEY, (text: string) => Buffer.from(text))).toBeUndefined();
  expect(encoded).toEqual([]);
  expect(transaction.get(KEY)).toEqual(Buffer.from("text"));
  expect([...transaction.range(raw("a"), raw("c"))]).toEqual([
    [raw("a"), Buffer.from("stored")],
    [KEY, Buffer.from("text")],
  ]);
  transaction.put(KEY, Buffer.from("bytes"));
  expect(transaction.pendingAt(KEY, encode)).toBeUndefined();
});

test("rollback() brings back the value that was held before", () => {
  const transaction = begun();
  transaction.put(KEY, PendingValue.of("before", encode));
  const savepoint = transaction.savepoint();
  transaction.put(KEY, PendingValue.of("after", encode));
  transaction.remove(KEY);
  transaction.rollback(savepoint);
  expect(transaction.pendingAt(KEY, encode)).toBe("before");
});
