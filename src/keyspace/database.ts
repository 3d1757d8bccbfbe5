/**
 * One database of the key space, as one transaction sees it: keys of every type, their expiry, and the order in which SCAN walks
 * them. Every write goes through `put`, `setExpiry`, `remove`, `moveTo` or `copyTo`, which keep indexes and counters and record it.
 */
import { assert } from "../base/assert.ts";
import { type Bytes, bytesOf, chars, raw } from "../base/bytes.ts";
import { storedBufferOf } from "../base/stored-bytes.ts";
import type { KeyEvent } from "./changes.ts";
import { addToCounter, counterValue } from "./counters.ts";
import type { ExpiryTime } from "./expiry-time.ts";
import {
  counterKey,
  databasePrefix,
  expiryKey,
  idOfOrderKey,
  longStringKey,
  orderKey,
  prefixRange,
  recordKey,
} from "./layouts.ts";
import type { LiveChange } from "./live-kind.ts";
import { emptyObject, type ObjectPlace } from "./objects.ts";
import { PendingValue } from "./pending-value.ts";
import { idBehind, type Place } from "./place.ts";
import {
  decodeRecord,
  encodeBefore,
  encodeNumber,
  encodeRecord,
  type KeyRecord,
  LazyRecord,
  type RecordType,
  type StringForm,
  withExpiry,
  withPayload,
} from "./records.ts";
import { scanCursor, scanPosition } from "./scan-cursor.ts";
import type { RedoRecord, Transaction } from "./transaction.ts";

/** A string longer than this stands apart from its record, so that EXPIRE or TYPE do not copy it. */
export const INLINE_STRING_BYTES_MAX = 4096;

/** What `put` writes. */
export interface NewValue {
  readonly type: Exclude<RecordType, "longString">;
  readonly payload: Buffer;
  /** Milliseconds since the epoch; 0: the key does not expire. */
  readonly expireAtMs: ExpiryTime;
  /** Of a string. */
  readonly form?: StringForm;
  /** It is a new object, whatever was there before. */
  readonly isFresh?: boolean;
}

export interface ScanPage {
  /** The cursor to go on with, 0 when the walk is over. */
  readonly cursor: bigint;
  readonly keys: readonly Bytes[];
}

type Surroundings = Pick<Database, "transaction" | "nowMs" | "place">;
export class Database {
  readonly index: number;
  readonly phys: number;
  readonly nowMs: number;
  readonly transaction: Transaction;
  readonly place: Place;
  readonly #recordPrefix: string;
  readonly #orderPrefix: string;
  /** The key used last and where its record stands: who looks at a key is likely to write it. */
  #latestKey: Bytes | undefined;
  #latestRecordKey: Bytes | undefined;

  constructor({ transaction, nowMs, place }: Surroundings, index: number, phys: number) {
    this.transaction = transaction;
    this.index = index;
    this.phys = phys;
    this.nowMs = nowMs;
    this.place = place;
    this.#recordPrefix = databasePrefix("k", phys);
    this.#orderPrefix = databasePrefix("o", phys);
  }

  /** The record of a key; undefined when there is none. A key past its expiry is removed by the look at it. */
  find(key: Bytes): KeyRecord | undefined {
    const record = this.transaction.recordAt(this.#recordKey(key));
    if (record === undefined) return undefined;
    if (record.expireAtMs === 0 || record.expireAtMs > this.nowMs) return record;
    this.#erase(key, record, "expired");
    this.#record(key, "expired");
    return undefined;
  }

  /** The bytes of a string record. The buffer belongs to the store. */
  stringValue(record: KeyRecord): Buffer {
    if (record.type === "string") return record.payload;
    const value = this.transaction.get(longStringKey(record.id));
    assert(record.type === "longString" && value !== undefined, "a string record has its bytes");
    return value;
  }

  /**
   * Writes a value, whatever was there before. A value of the same type keeps the object's id; anything else
   * becomes a new object. `event` undefined: a change that no keyspace event tells of.
   */
  put(key: Bytes, value: NewValue, event: KeyEvent | undefined): KeyRecord {
    const before = this.find(key);
    const isLong = value.type === "string" && value.payload.length > INLINE_STRING_BYTES_MAX;
    const type: RecordType = isLong ? "longString" : value.type;
    const keepsId =
      before !== undefined &&
      value.isFresh !== true &&
      (before.type === "longString" ? "string" : before.type) === value.type;
    if (before !== undefined && !keepsId) this.#erase(key, before);
    if (keepsId && before.type !== type) this.#removeParts(key, before);
    const id = keepsId ? before.id : this.#newId(key);
    if (isLong) this.transaction.put(longStringKey(id), value.payload);
    const payload = isLong ? Buffer.alloc(0) : value.payload;
    const record = { type, expireAtMs: value.expireAtMs, id, payload, form: value.form };
    this.#writeRecord(key, record, keepsId ? before.expireAtMs : 0);
    if (before === undefined) this.#record(key, "new");
    this.#record(key, event);
    return record;
  }

  /** Gives the object at a key, whose record is `before`, another payload; its id and its expiry stay. */
  update(key: Bytes, before: KeyRecord, payload: Buffer, event: KeyEvent | undefined): KeyRecord {
    const record = withPayload(before, payload);
    this.#writeRecord(key, record, before.expireAtMs);
    this.#record(key, event);
    return record;
  }

  /** As `update`, with a payload that stands behind as many bytes as its record has before it: it is copied no further. */
  updateBehind(key: Bytes, before: KeyRecord, stored: Buffer, event: KeyEvent | undefined): KeyRecord {
    this.transaction.put(this.#recordKey(key), encodeBefore(before, stored));
    this.#record(key, event);
    return decodeRecord(stored);
  }

  /** As `update`, with a payload that is encoded once, when the turn ends, however often it is updated until then. */
  updateLazily<T>(
    key: Bytes,
    before: KeyRecord,
    { decoded, encode }: { readonly decoded: T; readonly encode: (decoded: T) => Buffer },
    event: KeyEvent | undefined,
  ): KeyRecord {
    // What is encoded is what was given.
    const record = new LazyRecord(before, decoded, encode as (decoded: unknown) => Buffer);
    this.#writeRecord(key, record, before.expireAtMs);
    this.#record(key, event);
    return record;
  }

  /**
   * Changes an object without writing what follows from the change, which becomes live by it; false, and nothing done,
   * where the transaction has written it: `update` is then the way.
   */
  change(
    key: Bytes,
    change: Omit<LiveChange, "place">,
    redo: Buffer | RedoRecord | undefined,
    event: KeyEvent | undefined,
  ): boolean {
    const place = { at: this.#recordKey(key), phys: this.phys };
    // Field by field: a spread beside a new field takes a microsecond more.
    const { kind, before, after, tail, given } = change;
    if (!this.transaction.change({ kind, place, before, after, tail, given }, redo)) return false;
    this.#record(key, event);
    return true;
  }

  /** Adds to the change of an object that came last, of which the command has told already (Transaction.amend). */
  amend(
    key: Bytes,
    change: Omit<LiveChange, "place">,
    merge: (redo: RedoRecord) => RedoRecord | undefined,
  ): boolean {
    const place = { at: this.#recordKey(key), phys: this.phys };
    const { kind, before, after, tail, given } = change;
    return this.transaction.amend({ kind, place, before, after, tail, given }, merge);
  }

  /** As `find`, for who wants to `change` the object; undefined also where it cannot be changed so, or has expired. */
  summary(key: Bytes): KeyRecord | undefined {
    const record = this.transaction.summaryAt(recordKey(this.#recordPrefix, key));
    if (record === undefined) return undefined;
    return record.expireAtMs === 0 || record.expireAtMs > this.nowMs ? record : undefined;
  }

  /** Tells that a key was touched without being written: WATCH and tracking hear of it. */
  touch(key: Bytes): void {
    this.#record(key, undefined);
  }

  /** Sets the expiry of a key that is there; 0 takes it away. */
  setExpiry(key: Bytes, record: KeyRecord, expireAtMs: ExpiryTime, event: KeyEvent | undefined): void {
    this.#writeRecord(key, withExpiry(record, expireAtMs), record.expireAtMs);
    this.#record(key, event);
  }

  /** Removes what the object at a key keeps beside its record; false when it is too much (emptyObject). */
  empty(key: Bytes, record: KeyRecord): boolean {
    this.transaction.settle(this.#recordKey(key));
    const dependants = this.transaction.objects.storageOf(record.type).dependants?.(this.transaction, record);
    if (!emptyObject(this.transaction, this.objectPlace(key), record)) return false;
    if (dependants !== undefined) this.#eraseAll(dependants, "del");
    return true;
  }

  /** Adds a further event to what was just written: SET with EX is also an "expire". */
  tell(key: Bytes, event: KeyEvent): void {
    this.#record(key, event);
  }

  /** True when there was such a key. */
  remove(key: Bytes, event: KeyEvent | undefined): boolean {
    const record = this.find(key);
    if (record === undefined) return false;
    this.#erase(key, record);
    this.#record(key, event);
    return true;
  }

  /** Moves the object at `from`, which is there, to a key of any database, replacing what is there. */
  moveTo(
    target: Database,
    from: Bytes,
    record: KeyRecord,
    to: Bytes,
    events: readonly [KeyEvent, KeyEvent],
  ): void {
    const replaced = target.find(to);
    if (replaced !== undefined) target.#erase(to, replaced);
    this.#forget(from, record);
    target.#record(to, "new");
    this.#record(from, events[0]);
    target.transaction.put(orderKey(target.#orderPrefix, record.id), storedBufferOf(to));
    target.#count("keys", 1);
    target.#writeRecord(to, record, 0);
    this.transaction.objects
      .storageOf(record.type)
      .moved(this.transaction, this.objectPlace(from), target.objectPlace(to), record);
    target.#record(to, events[1]);
  }

  /** Copies the object with its expiry to a key of any database, replacing what is there. */
  copyTo(target: Database, record: KeyRecord, to: Bytes): void {
    const replaced = target.find(to);
    if (replaced !== undefined) target.#erase(to, replaced);
    const id = target.#newId(to);
    const payload = this.transaction.objects
      .storageOf(record.type)
      .copied(this.transaction, record, target.objectPlace(to), id);
    const { type, form, expireAtMs } = record;
    target.#writeRecord(to, { type, form, expireAtMs, id, payload }, 0);
    target.#record(to, "new");
    target.#record(to, "copy_to");
  }

  /** Number of keys, expired ones that nobody has looked at included. O(1). */
  get size(): number {
    return counterValue(this.transaction, this.#counterKey("keys"));
  }

  /** Number of keys that expire. O(1). */
  get expiringSize(): number {
    return counterValue(this.transaction, this.#counterKey("expires"));
  }

  /**
   * Up to `count` keys from a cursor on, 0 to begin with, in the order in which the keys came to be. A key that stays
   * is met exactly once, even if its value is replaced by another of its type.
   */
  scan(cursor: bigint, count: number): ScanPage {
    const keys: Bytes[] = [];
    const { from, last } =
      cursor === 0n
        ? { from: 0, last: counterValue(this.transaction, counterKey("id")) }
        : scanPosition(cursor);
    if (from > last) return { cursor: 0n, keys };
    const end = orderKey(this.#orderPrefix, last + 1);
    for (const [orderedKey, value] of this.transaction.range(orderKey(this.#orderPrefix, from), end)) {
      if (keys.length === count)
        return { cursor: scanCursor({ from: idOfOrderKey(orderedKey), last }), keys };
      keys.push(bytesOf(value));
    }
    return { cursor: 0n, keys };
  }

  /** All keys, in the order of `scan`. O(number of keys). */
  *keys(): Generator<Bytes> {
    const { from, to } = prefixRange(this.#orderPrefix);
    for (const [, value] of this.transaction.range(from, to)) yield bytesOf(value);
  }

  /**
   * The keys that begin with a prefix, in byte order, but for those that are too long to be in the index as they are.
   * Lazy: its cost is that of what is taken.
   */
  *keysBeginningWith(prefix: Bytes): Generator<Bytes> {
    const { from, to } = prefixRange(chars(recordKey(this.#recordPrefix, prefix)));
    const start = chars(from).length - chars(prefix).length;
    for (const [key] of this.transaction.range(from, to)) yield raw(chars(key).slice(start));
  }

  /** A key chosen by `fraction` (0 to below 1); undefined when the database is empty. */
  keyAt(fraction: number): Bytes | undefined {
    const { from, to } = prefixRange(this.#orderPrefix);
    const first = firstOf(this.transaction.range(from, to));
    const last = firstOf(this.transaction.range(from, to, { reverse: true }));
    if (first === undefined || last === undefined) return undefined;
    const low = idOfOrderKey(first[0]);
    const id = low + Math.floor(fraction * (idOfOrderKey(last[0]) - low + 1));
    const chosen = firstOf(this.transaction.range(orderKey(this.#orderPrefix, id), to));
    return chosen === undefined ? undefined : bytesOf(chosen[1]);
  }

  /** The key of the object with this id; undefined when there is none in this database. */
  keyOf(id: number): Bytes | undefined {
    const value = this.transaction.get(orderKey(this.#orderPrefix, id));
    return value === undefined ? undefined : bytesOf(value);
  }

  objectPlace(key: Bytes): ObjectPlace {
    return { database: this.index, phys: this.phys, key };
  }

  #newId(key: Bytes): number {
    const latest = counterKey("id");
    const id = idBehind(counterValue(this.transaction, latest), this.place);
    this.transaction.put(latest, encodeNumber(id));
    this.transaction.put(orderKey(this.#orderPrefix, id), storedBufferOf(key));
    this.#count("keys", 1);
    return id;
  }

  #writeRecord(key: Bytes, record: KeyRecord, expireAtMsBefore: ExpiryTime): void {
    // Encoded while it is in the processor's cache, unless it is to be written over and over: of many keys, each comes once.
    const isLazy = record instanceof LazyRecord;
    const value = isLazy ? PendingValue.of<KeyRecord>(record, encodeRecord) : encodeRecord(record);
    this.transaction.put(this.#recordKey(key), value);
    if (record.expireAtMs === expireAtMsBefore) return;
    if (record.expireAtMs === 0) {
      this.#disarm(expireAtMsBefore, record.id);
      return;
    }
    if (expireAtMsBefore === 0) this.#count("expires", 1);
    else this.transaction.remove(expiryKey(expireAtMsBefore, this.phys, record.id));
    this.transaction.put(expiryKey(record.expireAtMs, this.phys, record.id), storedBufferOf(key));
    // A time beyond the numbers is never due.
    if (typeof record.expireAtMs === "number") this.transaction.noteDue(record.expireAtMs);
  }

  #disarm(expireAtMs: ExpiryTime, id: number): void {
    this.transaction.remove(expiryKey(expireAtMs, this.phys, id));
    this.#count("expires", -1);
  }

  /** Removes the key's entries here; its object's own parts stay. */
  #forget(key: Bytes, record: KeyRecord): void {
    this.transaction.remove(this.#recordKey(key));
    this.transaction.remove(orderKey(this.#orderPrefix, record.id));
    if (record.expireAtMs !== 0) this.#disarm(record.expireAtMs, record.id);
    this.#count("keys", -1);
  }

  #erase(key: Bytes, record: KeyRecord, event: KeyEvent = "del"): void {
    const dependants = this.transaction.objects.storageOf(record.type).dependants?.(this.transaction, record);
    this.#forget(key, record);
    this.#removeParts(key, record);
    if (dependants !== undefined) this.#eraseAll(dependants, event);
  }

  /** Removes objects that have lived with another, and those that live with them. */
  #eraseAll(ids: readonly number[], event: KeyEvent): void {
    for (const id of ids) {
      const key = this.keyOf(id);
      const record = key === undefined ? undefined : this.transaction.recordAt(this.#recordKey(key));
      if (key === undefined || record === undefined) continue;
      this.#erase(key, record, event);
      this.#record(key, event);
    }
  }

  #removeParts(key: Bytes, record: KeyRecord): void {
    this.transaction.objects.storageOf(record.type).removed(this.transaction, this.objectPlace(key), record);
  }

  #record(key: Bytes, event: KeyEvent | undefined): void {
    const database = this.index;
    this.transaction.record(
      event === undefined ? { kind: "touch", database, key } : { kind: "key", database, key, event },
    );
  }

  /** A key composed once is hashed once. */
  #recordKey(key: Bytes): Bytes {
    if (this.#latestRecordKey !== undefined && this.#latestKey === key) return this.#latestRecordKey;
    this.#latestKey = key;
    this.#latestRecordKey = recordKey(this.#recordPrefix, key);
    return this.#latestRecordKey;
  }

  #counterKey(name: "keys" | "expires"): Bytes {
    return counterKey(`${name}${this.phys}`);
  }

  #count(name: "keys" | "expires", change: number): void {
    addToCounter(this.transaction, this.#counterKey(name), change);
  }
}

function firstOf<T>(items: Iterable<T>): T | undefined {
  for (const item of items) return item;
  return undefined;
}
