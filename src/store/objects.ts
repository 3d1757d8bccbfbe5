/**
 * What a type keeps outside its key's record, and what becomes of it when the object is removed or copied.
 * One entry per type; a new type that keeps parts of its own adds itself here.
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { longStringKey } from "./layouts.ts";
import { MACHINE_STORAGE } from "./machine-storage.ts";
import type { KeyRecord, RecordType } from "./records.ts";
import { STREAM_STORAGE } from "./streams.ts";
import type { Transaction } from "./transaction.ts";

/** Where an object stands. */
export interface ObjectPlace {
  /** Index of the database. */
  readonly database: number;
  readonly phys: number;
  readonly key: Bytes;
}

export interface ObjectStorage {
  /** Removes, or queues for removal, all the object keeps outside its record. */
  removed(transaction: Transaction, place: ObjectPlace, record: KeyRecord): void;
  /** Copies it for the new object `id` at `to`; returns the payload of the new record. */
  copied(transaction: Transaction, record: KeyRecord, to: ObjectPlace, id: number): Buffer;
  /** The object has the same id at another key or database. */
  moved(transaction: Transaction, from: ObjectPlace, to: ObjectPlace, record: KeyRecord): void;
}

const NOTHING_OUTSIDE: ObjectStorage = {
  removed: () => undefined,
  copied: (_transaction, record) => record.payload,
  moved: () => undefined,
};

const LONG_STRING: ObjectStorage = {
  removed: (transaction, _place, record) => transaction.remove(longStringKey(record.id)),
  copied: (transaction, record, _to, id) => {
    const value = transaction.get(longStringKey(record.id));
    assert(value !== undefined, "a long string has its bytes");
    transaction.put(longStringKey(id), value);
    return record.payload;
  },
  moved: () => undefined,
};

export const OBJECT_STORAGES: Readonly<Record<RecordType, ObjectStorage>> = {
  string: NOTHING_OUTSIDE,
  longString: LONG_STRING,
  machine: MACHINE_STORAGE,
  stream: STREAM_STORAGE,
};
