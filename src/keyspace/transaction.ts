/**
 * A write transaction: the writes of one turn of the event loop, collected in memory over a reader of the
 * store. Reads see the writes before them. A savepoint marks a point to go back to, so that a command that
 * fails leaves nothing; the store is touched once, by the commit of all that remains.
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { merge } from "../storage/merge.ts";
import type { Entry, OrderedReader, RangeOptions, Write } from "../storage/ordered-store.ts";
import { SortedMap } from "../storage/sorted-map.ts";
import type { Change } from "./changes.ts";

/** A point in a transaction that `rollback` returns to. */
export interface Savepoint {
  readonly writeCount: number;
  readonly changeCount: number;
}

interface Undo {
  readonly key: Bytes;
  /** What the transaction held for the key before: undefined when nothing. */
  readonly before: Buffer | null | undefined;
}

export class Transaction implements OrderedReader {
  readonly #reader: OrderedReader;
  readonly #writes = new SortedMap<Buffer | null>();
  readonly #undo: Undo[] = [];
  readonly #changes: Change[] = [];
  #dueMsMin = Number.POSITIVE_INFINITY;

  constructor(reader: OrderedReader) {
    this.#reader = reader;
  }

  get isEmpty(): boolean {
    return this.#writes.size === 0;
  }

  get(key: Bytes): Buffer | undefined {
    const written = this.#writes.get(key);
    if (written !== undefined) return written ?? undefined;
    return this.#reader.get(key);
  }

  put(key: Bytes, value: Buffer): void {
    this.#write(key, value);
  }

  remove(key: Bytes): void {
    this.#write(key, null);
  }

  savepoint(): Savepoint {
    return { writeCount: this.#undo.length, changeCount: this.#changes.length };
  }

  /** True when something was written since the savepoint. */
  hasWrittenSince(savepoint: Savepoint): boolean {
    return this.#undo.length > savepoint.writeCount;
  }

  /** Adds to the change list: what happened to a key, for all who must hear of it. */
  record(change: Change): void {
    this.#changes.push(change);
  }

  /** The changes recorded since the savepoint, in order. */
  changesSince(savepoint: Savepoint): readonly Change[] {
    return this.#changes.length === savepoint.changeCount ? [] : this.#changes.slice(savepoint.changeCount);
  }

  /** The whole change list, in order. */
  get changes(): readonly Change[] {
    return this.#changes;
  }

  /** Tells of something that falls due: whoever waits for the next thing due looks here after the commit. */
  noteDue(dueMs: number): void {
    this.#dueMsMin = Math.min(this.#dueMsMin, dueMs);
  }

  /** The earliest time noted; infinite when none was. A rollback leaves it: waking up for nothing is harmless. */
  get dueMsMin(): number {
    return this.#dueMsMin;
  }

  /** Takes back every write and change since the savepoint. */
  rollback(savepoint: Savepoint): void {
    assert(savepoint.writeCount <= this.#undo.length, "a savepoint of this transaction");
    this.#changes.length = savepoint.changeCount;
    while (this.#undo.length > savepoint.writeCount) {
      const undo = this.#undo.pop();
      if (undo === undefined) return;
      if (undo.before === undefined) this.#writes.delete(undo.key);
      else this.#writes.set(undo.key, undo.before);
    }
  }

  /** All writes, each key once, in the order of their first write. */
  writes(): Write[] {
    return [...this.#writes.entries()];
  }

  /** Entries in key order, the transaction's own writes merged over the store's. */
  *range(from: Bytes, to: Bytes, options: RangeOptions = {}): Generator<Entry> {
    const reverse = options.reverse === true;
    const stored = this.#reader.range(from, to, options);
    if (this.#writes.size === 0) yield* stored;
    else yield* merge(this.#writes.range(from, to, reverse), stored[Symbol.iterator](), reverse);
  }

  #write(key: Bytes, value: Buffer | null): void {
    this.#undo.push({ key, before: this.#writes.get(key) });
    this.#writes.set(key, value);
  }
}
