/** Counters in the store. */
import type { Bytes } from "../base/bytes.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { decodeNumber, encodeNumber } from "./records.ts";
import type { Transaction } from "./transaction.ts";

/** The value of a counter, 0 when it has never been added to. `key` is a counterKey. */
export function counterValue(reader: OrderedReader, key: Bytes): number {
  const value = reader.get(key);
  return value === undefined ? 0 : decodeNumber(value);
}

/** Adds to a counter; its value then. */
export function addToCounter(transaction: Transaction, key: Bytes, change: number): number {
  const sum = counterValue(transaction, key) + change;
  transaction.put(key, encodeNumber(sum));
  return sum;
}
