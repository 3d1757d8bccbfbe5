/**
 * What a type keeps outside its key's record, and what becomes of it when the object is removed or copied.
 * The types that keep parts of their own are handed in at the start: the key space does not know them.
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { GARBAGE_OBJECT, garbageKey, longStringKey, objectRanges } from "./layouts.ts";
import type { Redo } from "./live-objects.ts";
import { type ObjectForm, STRING_FORM } from "./object-form.ts";
import type { KeyRecord, RecordType } from "./records.ts";
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
  /** Ids of the objects that live with this one: they are removed when it is. */
  dependants?(transaction: Transaction, record: KeyRecord): readonly number[];
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

/** A type of objects as the key space knows it. */
export interface ObjectType {
  readonly storage: ObjectStorage;
  /** How an export writes an object of the type, and an import reads it. */
  readonly form: ObjectForm;
  /** How a restart redoes the changes of live objects: the first byte of their redo records, and what reads these. */
  readonly redo?: readonly [firstByte: number, redo: Redo];
  /** What is wrong with what an object of the type keeps, a sentence each. */
  checkObject?(reader: OrderedReader, record: KeyRecord): readonly string[];
  /** What is wrong with what all objects of the type keep together, such as indexes. O(size of the store). */
  check?(reader: OrderedReader): readonly string[];
}

/** The types whose objects keep parts of their own. */
export type PartedType = Exclude<RecordType, "string" | "longString">;

/** The types of objects there are, strings included. */
export class ObjectTypes {
  /** By the first byte of the redo record. */
  readonly redo: ReadonlyMap<number, Redo>;
  readonly #types: Readonly<Partial<Record<RecordType, ObjectType>>>;
  readonly #storages: Readonly<Record<RecordType, ObjectStorage>>;
  readonly #forms: Readonly<Record<RecordType, ObjectForm>>;

  constructor(types: Readonly<Record<PartedType, ObjectType>>) {
    this.#types = types;
    this.redo = new Map(Object.values(types).flatMap(({ redo }) => (redo === undefined ? [] : [redo])));
    this.#storages = {
      string: NOTHING_OUTSIDE,
      longString: LONG_STRING,
      machine: types.machine.storage,
      stream: types.stream.storage,
      hash: types.hash.storage,
      set: types.set.storage,
      list: types.list.storage,
      sortedSet: types.sortedSet.storage,
    };
    this.#forms = {
      string: STRING_FORM,
      longString: STRING_FORM,
      machine: types.machine.form,
      stream: types.stream.form,
      hash: types.hash.form,
      set: types.set.form,
      list: types.list.form,
      sortedSet: types.sortedSet.form,
    };
  }

  /** How an export writes an object of a type. */
  formOf(type: RecordType): ObjectForm {
    return this.#forms[type];
  }

  /** The form that an export calls so; undefined when there is no such type. */
  formNamed(name: string): ObjectForm | undefined {
    return Object.values(this.#forms).find((form) => form.name === name);
  }

  storageOf(type: RecordType): ObjectStorage {
    return this.#storages[type];
  }

  /** What is wrong with what an object keeps. */
  checkObject(reader: OrderedReader, record: KeyRecord): readonly string[] {
    return this.#types[record.type]?.checkObject?.(reader, record) ?? [];
  }

  /** What is wrong with what objects keep together. O(size of the store). */
  check(reader: OrderedReader): string[] {
    return Object.values(this.#types).flatMap((type) => type.check?.(reader) ?? []);
  }
}

/** Of an object that keeps more than this, the removal is left to the garbage. */
const KEPT_REMOVED_MAX = 200;

/**
 * Removes all an object keeps outside its record, so that another of its type can take over its id; false, and
 * nothing done, when that is too much at once.
 */
export function emptyObject(transaction: Transaction, place: ObjectPlace, record: KeyRecord): boolean {
  const keys: Bytes[] = [];
  for (const { from, to } of objectRanges(record.id)) {
    for (const [key] of transaction.range(from, to)) {
      if (keys.length === KEPT_REMOVED_MAX) return false;
      keys.push(key);
    }
  }
  transaction.objects.storageOf(record.type).removed(transaction, place, record);
  // What it has queued for later is removed here.
  transaction.remove(garbageKey(GARBAGE_OBJECT, record.id));
  for (const key of keys) transaction.remove(key);
  return true;
}
