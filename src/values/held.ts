/** The part that hashes, sets, lists and sorted sets share: a key, and its record once there is one. */
import type { Bytes } from "../base/bytes.ts";
import type { KeyEvent } from "../keyspace/changes.ts";
import type { Database } from "../keyspace/database.ts";
import type { ExpiryTime } from "../keyspace/expiry-time.ts";
import { type KeyRecord, PAYLOAD_AT } from "../keyspace/records.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import { encodeHeader, type Header } from "./header.ts";
import { Packed } from "./packed.ts";

export type ValueType = "hash" | "set" | "list" | "sortedSet";

const TYPES: ReadonlySet<string> = new Set<ValueType>(["hash", "set", "list", "sortedSet"]);

/** Whether a record belongs to a hash, set, list or sorted set. */
export function isCollection(record: KeyRecord): record is KeyRecord & { readonly type: ValueType } {
  return TYPES.has(record.type);
}

const NOTHING = encodeHeader({ isLarge: false, encoding: "compact", entries: Packed.EMPTY });

/** A key of a database, and the record that was found there. */
export class Held {
  readonly db: Database;
  readonly key: Bytes;
  readonly type: ValueType;
  /** The record that was found, or that the first write created; its id and expiry stay. */
  #record: KeyRecord | undefined;
  readonly #expireAtMs: ExpiryTime;

  /** Without a record, the first write replaces what the key holds by a new value, which expires at `expireAtMs`. */
  constructor(
    db: Database,
    key: Bytes,
    type: ValueType,
    record: KeyRecord | undefined,
    expireAtMs: ExpiryTime = 0,
  ) {
    this.db = db;
    this.key = key;
    this.type = type;
    this.#record = record;
    this.#expireAtMs = expireAtMs;
  }

  get transaction(): Transaction {
    return this.db.transaction;
  }

  get record(): KeyRecord | undefined {
    return this.#record;
  }

  /** The id of the object; creates the object if there is none. */
  get id(): number {
    this.#record ??= this.#made(NOTHING, undefined);
    return this.#record.id;
  }

  /** Writes the record. */
  save(header: Header, event: KeyEvent | undefined): void {
    const record = this.#record;
    if (record === undefined) this.#record = this.#made(encodeHeader(header), event);
    else if (header.isLarge) {
      // Many requests of a turn may change it: its record is encoded once for all of them.
      const written = { decoded: header, encode: encodeHeader };
      this.#record = this.db.updateLazily(this.key, record, written, event);
    } else this.#record = this.db.updateBehind(this.key, record, encodeHeader(header, PAYLOAD_AT), event);
  }

  /** Reports a change that has left the record unchanged. */
  tell(event: KeyEvent | undefined): void {
    if (event === undefined) this.db.touch(this.key);
    else this.db.tell(this.key, event);
  }

  /** Removes the key after its last part, and reports `event`, then "del". */
  removeEmptied(event: KeyEvent | undefined): void {
    if (event !== undefined) this.db.tell(this.key, event);
    this.db.remove(this.key, "del");
    this.#record = undefined;
  }

  #made(payload: Buffer, event: KeyEvent | undefined): KeyRecord {
    const { db, key, type } = this;
    return db.put(key, { type, payload, expireAtMs: this.#expireAtMs, isFresh: true }, event);
  }
}
