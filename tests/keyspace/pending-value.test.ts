import { expect, test } from "vitest";
import { raw } from "../../src/base/bytes.ts";
import { PendingValue } from "../../src/keyspace/pending-value.ts";
import { Transaction } from "../../src/keyspace/transaction.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";

/** A value that counts how often it is encoded. */
class Counted extends PendingValue {
  readonly text: string;
  encodings = 0;

  constructor(text: string) {
    super();
    this.text = text;
  }

  protected encode(): Buffer {
    this.encodings += 1;
    return Buffer.from(this.text);
  }
}

const KEY = raw("b");

function begun() {
  const store = new MemoryStore();
  store.commit([[raw("a"), Buffer.from("stored")]]);
  return new Transaction(store);
}

test("writes() encodes a value that was replaced not at all, and the last one once", () => {
  const transaction = begun();
  const values = ["one", "two", "three"].map((text) => new Counted(text));
  for (const value of values) transaction.put(KEY, value);
  expect(transaction.writes()).toEqual([[KEY, Buffer.from("three")]]);
  expect(transaction.writes()).toHaveLength(1);
  expect(values.map(({ encodings }) => encodings)).toEqual([0, 0, 1]);
});

test("get() and range() give its bytes, pendingAt() the value itself", () => {
  const transaction = begun();
  const value = new Counted("text");
  transaction.put(KEY, value);
  expect(transaction.pendingAt(KEY)).toBe(value);
  expect(value.encodings).toBe(0);
  expect(transaction.get(KEY)).toEqual(Buffer.from("text"));
  expect([...transaction.range(raw("a"), raw("c"))]).toEqual([
    [raw("a"), Buffer.from("stored")],
    [KEY, Buffer.from("text")],
  ]);
  transaction.put(KEY, Buffer.from("bytes"));
  expect(transaction.pendingAt(KEY)).toBeUndefined();
});

test("rollback() brings back the value that was held before", () => {
  const transaction = begun();
  const value = new Counted("before");
  transaction.put(KEY, value);
  const savepoint = transaction.savepoint();
  transaction.put(KEY, new Counted("after"));
  transaction.remove(KEY);
  transaction.rollback(savepoint);
  expect(transaction.pendingAt(KEY)).toBe(value);
});
