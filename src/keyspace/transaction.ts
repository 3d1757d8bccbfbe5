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
import { DecodedRecords } from "./decoded-records.ts";
import type { LiveChange } from "./live-kind.ts";
import type { LiveObjects } from "./live-objects.ts";
import type { ObjectTypes } from "./objects.ts";
import { type Encoder, PendingValue } from "./pending-value.ts";
import { decodeNumber, encodeNumber, encodeRecord, type KeyRecord } from "./records.ts";
import { encodeCount } from "./redo.ts";

/** A point in a transaction that `rollback` returns to. */
export interface Savepoint {
  readonly writeCount: number;
  readonly changeCount: number;
}

/** What the journal is to hold of a change that may be amended. It is encoded when the transaction is committed. */
export interface RedoRecord {
  encode(): Buffer;
}

/** The change with a redo record of its own that came last. */
interface LatestChange {
  readonly after: KeyRecord;
  /** Where its record stands among the others. */
  readonly index: number;
}

/** What is held for a key; null: it is removed. */
type Written = Buffer | PendingValue | null;

/** A write to take back, or what takes back a change of a live object. */
type Undo =
  | {
      readonly key: Bytes;
      /** What the transaction held for the key before: undefined when nothing. */
      readonly before: Written | undefined;
    }
  | (() => void);

/**
 * Something has happened to an object that belongs to another: the other has to look. It does so before the command ends
 * (machines/children.ts); what it then finds is all that counts.
 */
export interface Notice {
  readonly phys: number;
  /** Id of the object that has to look. */
  readonly to: number;
  /** What the other is to it. */
  readonly name: string;
  readonly index?: number | undefined;
}

export class Transaction implements OrderedReader {
  readonly #reader: OrderedReader;
  readonly #live: LiveObjects | undefined;
  readonly #objects: ObjectTypes | undefined;
  readonly #decoded: DecodedRecords;
  readonly #redo: (Buffer | RedoRecord)[] = [];
  #latest: LatestChange | undefined;
  readonly #writes = new SortedMap<Written>();
  readonly #undo: Undo[] = [];
  readonly #changes: Change[];
  /** Taken one after the other from `#noticesFrom` on. */
  readonly #notices: Notice[] = [];
  #noticesFrom = 0;
  #dueMsMin = Number.POSITIVE_INFINITY;
  #hasPosted = false;

  /**
   * Without `objects` it knows keys and values alone: no object can be removed, moved or copied. Without `live`, every
   * object is written in the ordinary way. `changes` may be the list of several transactions that are open at a time.
   */
  constructor(
    reader: OrderedReader,
    objects?: ObjectTypes,
    live?: LiveObjects,
    decoded: DecodedRecords = new DecodedRecords(),
    changes: Change[] = [],
  ) {
    this.#reader = reader;
    this.#changes = changes;
    this.#objects = objects;
    this.#live = live;
    this.#decoded = decoded;
  }

  /** The types of objects there are. */
  get objects(): ObjectTypes {
    assert(this.#objects !== undefined, "a transaction on objects knows their types");
    return this.#objects;
  }

  get isEmpty(): boolean {
    return this.#writes.size === 0 && this.#redo.length === 0;
  }

  get(key: Bytes): Buffer | undefined {
    const written = this.#writes.get(key);
    if (written !== undefined) return bytesOfWritten(written) ?? undefined;
    const live = this.#live?.get(key);
    if (live !== undefined) return live ?? undefined;
    return this.#reader.get(key);
  }

  /** The record under a key of the space of records; undefined when there is none. */
  recordAt(at: Bytes): KeyRecord | undefined {
    const live = this.#live?.record(at);
    if (live !== undefined) return live;
    const written = this.#writes.get(at);
    const pending = written instanceof PendingValue ? written.as(encodeRecord) : undefined;
    if (pending !== undefined) return pending;
    const buffer = written === undefined ? this.#reader.get(at) : bytesOfWritten(written);
    return buffer === undefined || buffer === null ? undefined : this.#decoded.of(buffer);
  }

  /**
   * Changes an object without writing what follows from the change: `redo` alone goes into the journal, and without one
   * that of another change has to tell of this one too. False, and
   * nothing done, where the object must be written in the ordinary way, because this transaction has written it so.
   */
  change(change: LiveChange, redo: Buffer | RedoRecord | undefined): boolean {
    if (this.#live === undefined || this.hasWritten(change.place.at)) return false;
    const undo = this.#live.change(change);
    this.#decoded.forget(change.before);
    if (redo === undefined) {
      this.#undo.push(undo);
      return true;
    }
    this.#latest = { after: change.after, index: this.#redo.length };
    this.#redo.push(redo);
    this.#undo.push(() => {
      undo();
      this.#redo.pop();
      this.#latest = undefined;
    });
    return true;
  }

  /**
   * Changes an object once more, where the last change of this transaction has led to what it is, and has the redo
   * record of that one tell of both. `merge` makes that record, or refuses. False, and nothing done, where it cannot be.
   */
  amend(change: LiveChange, merge: (redo: RedoRecord) => RedoRecord | undefined): boolean {
    const { at } = change.place;
    const latest = this.#latest;
    if (this.#live === undefined || latest?.after !== change.before || this.hasWritten(at)) return false;
    const known = this.#redo[latest.index];
    if (known === undefined || Buffer.isBuffer(known)) return false;
    const redo = merge(known);
    if (redo === undefined || this.#live.summary(at) !== change.before) return false;
    const undo = this.#live.change(change);
    const { index } = latest;
    this.#redo[index] = redo;
    this.#latest = { after: change.after, index };
    this.#undo.push(() => {
      undo();
      this.#redo[index] = known;
      this.#latest = undefined;
    });
    return true;
  }

  /** What a write of this transaction says that `encode` is to make the bytes of; undefined where there is none such. */
  pendingAt<T>(key: Bytes, encode: Encoder<T>): T | undefined {
    const written = this.#writes.get(key);
    return written instanceof PendingValue ? written.as(encode) : undefined;
  }

  /** True when the transaction has a write of a key. */
  hasWritten(key: Bytes): boolean {
    return this.#writes.get(key) !== undefined;
  }

  /** The record under a key, or its summary (live-objects.ts), of an object that can be changed by `change`. */
  summaryAt(at: Bytes): KeyRecord | undefined {
    if (this.#live === undefined || this.hasWritten(at)) return undefined;
    const live = this.#live.summary(at);
    if (live !== undefined) return live;
    const buffer = this.#reader.get(at);
    return buffer === undefined ? undefined : this.#decoded.of(buffer);
  }

  /**
   * Adds to a counter of the space of counters. With a change that was made by `change`, a restart counts anew by
   * itself; otherwise the addition needs a redo record of its own.
   */
  count(key: Bytes, change: number, { isRedone }: { readonly isRedone: boolean }): void {
    if (this.#live === undefined) {
      this.#countInPlace(key, change);
      return;
    }
    const undo = this.#live.count(key, change);
    if (isRedone) {
      this.#undo.push(undo);
      return;
    }
    this.#redo.push(encodeCount(key, change));
    this.#undo.push(() => {
      undo();
      this.#redo.pop();
    });
  }

  /** Writes all that follows from the changes of a live object: the caller is about to change its parts. */
  settle(at: Bytes): void {
    const settled = this.#live?.settle(at);
    if (settled === undefined) return;
    this.#undo.push(settled.undo);
    this.apply(settled.writes);
  }

  put(key: Bytes, value: Buffer | PendingValue): void {
    this.#write(key, value);
  }

  remove(key: Bytes): void {
    this.#write(key, null);
  }

  apply(writes: Iterable<Write>): void {
    for (const [key, value] of writes) this.#write(key, value);
  }

  savepoint(): Savepoint {
    return { writeCount: this.#undo.length, changeCount: this.#changes.length };
  }

  /** True when something was written since the savepoint. */
  hasWrittenSince(savepoint: Savepoint): boolean {
    return this.#undo.length > savepoint.writeCount;
  }

  /** Adds to the change list: what happened to a key, for all its listeners. */
  record(change: Change): void {
    this.#changes.push(change);
  }

  /** Leaves word for an object of what happened to another that belongs to it. */
  notify(notice: Notice): void {
    this.#notices.push(notice);
    this.#undo.push(() => this.#notices.pop());
  }

  /** Whether word was left that nobody has taken. */
  get hasNotices(): boolean {
    return this.#noticesFrom < this.#notices.length;
  }

  /** The word that was left first; undefined when there is none. */
  takeNotice(): Notice | undefined {
    const notice = this.#notices[this.#noticesFrom];
    if (notice === undefined) return undefined;
    this.#noticesFrom += 1;
    this.#undo.push(() => {
      this.#noticesFrom -= 1;
    });
    return notice;
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

  /** A letter to another partition was written. */
  notePosted(): void {
    this.#hasPosted = true;
  }

  /** Whether letters were written, some of which may have been taken back. */
  get hasPosted(): boolean {
    return this.#hasPosted;
  }

  /** Takes back every write and change since the savepoint. */
  rollback(savepoint: Savepoint): void {
    assert(savepoint.writeCount <= this.#undo.length, "a savepoint of this transaction");
    this.#changes.length = savepoint.changeCount;
    while (this.#undo.length > savepoint.writeCount) {
      const undo = this.#undo.pop();
      if (undo === undefined) return;
      if (typeof undo === "function") undo();
      else if (undo.before === undefined) this.#writes.delete(undo.key);
      else this.#writes.set(undo.key, undo.before);
    }
  }

  /** Takes back every write: the commit has failed. */
  abort(): void {
    this.rollback({ writeCount: 0, changeCount: this.#changes.length });
  }

  /** The redo records of the changes that were not written, encoded, in order. */
  redo(): Buffer[] {
    return this.#redo.map((record) => (Buffer.isBuffer(record) ? record : record.encode()));
  }

  /** All writes, each key once, in the order of their first write. */
  writes(): Write[] {
    const writes: Write[] = [];
    this.#writes.forEach((key, written) => {
      writes.push([key, bytesOfWritten(written)]);
    });
    return writes;
  }

  /** Entries in key order, the transaction's own writes merged over the store's. */
  *range(from: Bytes, to: Bytes, options: RangeOptions = {}): Generator<Entry> {
    const reverse = options.reverse === true;
    let stored = this.#reader.range(from, to, options);
    const live = this.#live?.range(from, to, reverse);
    if (live !== undefined) stored = merge(live, stored[Symbol.iterator](), reverse);
    if (this.#writes.size === 0) yield* stored;
    else yield* merge(inBytes(this.#writes.range(from, to, reverse)), stored[Symbol.iterator](), reverse);
  }

  #countInPlace(key: Bytes, change: number): void {
    const value = this.get(key);
    const sum = (value === undefined ? 0 : decodeNumber(value)) + change;
    if (sum === 0) this.remove(key);
    else this.put(key, encodeNumber(sum));
  }

  #write(key: Bytes, value: Written): void {
    const live = this.#live?.liveAt(key);
    if (live !== undefined) this.settle(live);
    this.#undo.push({ key, before: this.#writes.get(key) });
    this.#writes.set(key, value);
  }
}

function bytesOfWritten(written: Written): Buffer | null {
  return written instanceof PendingValue ? written.bytes : written;
}

function* inBytes(writes: Iterable<[Bytes, Written]>): Generator<[Bytes, Buffer | null]> {
  for (const [key, written] of writes) yield [key, bytesOfWritten(written)];
}
