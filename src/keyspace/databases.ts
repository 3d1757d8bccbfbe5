/** The databases of the key space as one transaction sees them, and what concerns several at once. */
import { type Bytes, bytesOf, chars, raw, readU32 } from "../base/bytes.ts";
import type { Entry } from "../storage/ordered-store.ts";
import { Database } from "./database.ts";
import {
  counterKey,
  definitionRecordPrefix,
  expiriesAt,
  expiryFields,
  garbageKey,
  metaKey,
  prefixRange,
} from "./layouts.ts";
import { type Place, WHOLE } from "./place.ts";
import { decodeNumber, encodeNumber } from "./records.ts";
import type { Savepoint, Transaction } from "./transaction.ts";

/** The kind of garbage that is a physical database. */
export const GARBAGE_DATABASE = "d";

/** Physical numbers below this one belong to the database indexes themselves. */
const PHYS_NEW_MIN = 1_000_000;

/** More databases than a server can have. */
const INDEX_END = 2 ** 31;

/** The databases that have keys or definitions, however many a server is configured for; in them nothing expires. */
export function usedDatabases(transaction: Transaction): Database[] {
  const databases = new Databases(transaction, INDEX_END, 0);
  const indexes = new Set<number>();
  // Which index a physical database belongs to is noted where it is not the same number.
  const { from, to } = prefixRange(chars(metaKey("database")));
  for (const [key] of transaction.range(from, to)) indexes.add(Number(chars(key).slice("mdatabase".length)));
  const counters = prefixRange(chars(counterKey("keys")));
  for (const [key] of transaction.range(counters.from, counters.to))
    indexes.add(Number(chars(key).slice("ckeys".length)));
  const definitions = prefixRange("d");
  for (const [key] of transaction.range(definitions.from, definitions.to)) indexes.add(readU32(key, 1));
  return [...indexes]
    .filter((index) => index < PHYS_NEW_MIN && databases.isUsed(index))
    .sort((a, b) => a - b)
    .map((index) => databases.at(index));
}

export class Databases {
  readonly count: number;
  readonly nowMs: number;
  readonly transaction: Transaction;
  readonly place: Place;
  #open: Database[] = [];

  constructor(transaction: Transaction, count: number, nowMs: number, place: Place = WHOLE) {
    this.transaction = transaction;
    this.count = count;
    this.nowMs = nowMs;
    this.place = place;
  }

  /** The same at another time. */
  atTime(nowMs: number): Databases {
    return new Databases(this.transaction, this.count, nowMs, this.place);
  }

  /** The database of an index below `count`. */
  at(index: number): Database {
    let database = this.#open[index];
    if (database === undefined) {
      database = new Database(this, index, this.#phys(index));
      this.#open[index] = database;
    }
    return database;
  }

  /** A database by its physical number, whether or not an index stands for it now. */
  atPhys(phys: number): Database {
    return new Database(this, -1, phys);
  }

  /** Takes back all since the savepoint. */
  rollback(savepoint: Savepoint): void {
    this.transaction.rollback(savepoint);
    this.#open = [];
  }

  swap(a: number, b: number): void {
    const [physA, physB] = [this.#phys(a), this.#phys(b)];
    this.#assign(a, physB);
    this.#assign(b, physA);
    this.transaction.record({ kind: "swap", databases: [a, b] });
  }

  /** Empties a database at once; what it held is removed piece by piece later. */
  flush(index: number): void {
    this.transaction.record({ kind: "flush", database: index, phys: this.#phys(index) });
    if (!this.isUsed(index)) return;
    this.transaction.put(garbageKey(GARBAGE_DATABASE, this.#phys(index)), Buffer.alloc(0));
    const counter = counterKey("phys");
    const value = this.transaction.get(counter);
    const phys = value === undefined ? PHYS_NEW_MIN : decodeNumber(value);
    this.transaction.put(counter, encodeNumber(phys + 1));
    if (this.place.tag !== "") this.#keepDefinitions(this.#phys(index), phys);
    this.#assign(index, phys);
  }

  /** Definitions belong to the whole cluster and not to a partition: those of each one stay the same. */
  #keepDefinitions(from: number, to: number): void {
    const range = prefixRange(definitionRecordPrefix(from));
    const prefix = definitionRecordPrefix(from).length;
    for (const [key, value] of [...this.transaction.range(range.from, range.to)])
      this.transaction.put(raw(definitionRecordPrefix(to) + chars(key).slice(prefix)), value);
  }

  /**
   * Removes up to `limit` keys that are due, from a place in the index on, earliest first. Returns how many entries it
   * has gone through.
   */
  expireDue(limit: number, from = expiriesAt(0)): number {
    const due = this.dueExpiries(limit, from);
    for (const entry of due) this.expire(entry);
    return due.length;
  }

  /** Up to `limit` entries of the index whose keys are due, from a place on, earliest first. */
  dueExpiries(limit: number, from: Bytes): readonly Entry[] {
    const due = [];
    for (const entry of this.transaction.range(from, expiriesAt(this.nowMs + 1))) {
      due.push(entry);
      if (due.length === limit) break;
    }
    return due;
  }

  /** Removes a key that is due, by its entry in the index. */
  expire([place, value]: Entry): void {
    const database = this.withPhys(expiryFields(place).phys);
    // Of a database that was flushed only the index entry is left to remove.
    if (database === undefined) this.transaction.remove(place);
    else database.find(bytesOf(value));
  }

  /** The first key that expires, from a place in the index on: when, and its place; undefined when none does. */
  nextExpiry(from = expiriesAt(0)): { readonly dueMs: number; readonly place: Bytes } | undefined {
    for (const [place] of this.transaction.range(from, expiriesAt(Number.MAX_SAFE_INTEGER)))
      return { dueMs: Number(expiryFields(place).dueMs), place };
    return undefined;
  }

  /** The database whose index stands for a physical number now; undefined when it was flushed. */
  withPhys(phys: number): Database | undefined {
    for (let index = 0; index < this.count; index += 1) {
      const database = this.at(index);
      if (database.phys === phys) return database;
    }
    return undefined;
  }

  /** False when there is nothing in the database of an index. */
  isUsed(index: number): boolean {
    return this.at(index).size > 0 || this.#hasDefinitions(index);
  }

  #hasDefinitions(index: number): boolean {
    const { from, to } = prefixRange(definitionRecordPrefix(this.#phys(index)));
    for (const _ of this.transaction.range(from, to)) return true;
    return false;
  }

  #phys(index: number): number {
    const value = this.transaction.get(metaKey(`database${index}`));
    return value === undefined ? index : decodeNumber(value);
  }

  #assign(index: number, phys: number): void {
    this.transaction.put(metaKey(`database${index}`), encodeNumber(phys));
    this.#open = [];
  }
}
