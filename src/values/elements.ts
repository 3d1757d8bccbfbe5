/** The names of a large hash, set or sorted set. Each is a key of the store, ordered by the hash of the name. */
import { type Bytes, bufferOf, bytesOf, chars } from "../base/bytes.ts";
import { FieldReader, putVarint, varintBytes } from "../base/varint.ts";
import {
  elementKey,
  elementsFrom,
  elementsPrefix,
  hashOfElementKey,
  isWholeInKey,
  nameOfElementKey,
  prefixRange,
} from "../keyspace/layouts.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import type { Entry, OrderedReader } from "../storage/ordered-store.ts";
import { hashBytes, hashNumber, NAME_HASH_END, nameHash } from "./name-hash.ts";

export interface Element {
  readonly name: Buffer;
  readonly value: Buffer;
}

export interface ElementPage {
  /** The cursor of the next call; 0 at the end of the scan. */
  readonly cursor: number;
  readonly elements: readonly Element[];
}

/**
 * How many neighbours a random name is drawn from. Without them, a name after a wide gap between hashes would be drawn
 * more often than others.
 */
const DRAWN_FROM = 16;

export class Elements {
  readonly id: number;
  readonly #transaction: Transaction;
  /** The name that was used last and its key: who looks at a name is likely to write it. */
  #latestName: Buffer | undefined;
  #latestKey: Bytes | undefined;

  constructor(id: number, transaction: Transaction) {
    this.id = id;
    this.#transaction = transaction;
  }

  has(name: Buffer): boolean {
    return this.#transaction.get(this.#keyOf(name)) !== undefined;
  }

  /** The value of a name; undefined when there is no such name. */
  get(name: Buffer): Buffer | undefined {
    const stored = this.#transaction.get(this.#keyOf(name));
    if (stored === undefined || isWholeInKey(name.length)) return stored;
    return withLongName(stored).value;
  }

  put(name: Buffer, value: Buffer): void {
    this.#transaction.put(this.#keyOf(name), storedValue(name, value));
  }

  remove(name: Buffer): void {
    this.#transaction.remove(this.#keyOf(name));
  }

  #keyOf(name: Buffer): Bytes {
    if (this.#latestKey !== undefined && this.#latestName === name) return this.#latestKey;
    this.#latestName = name;
    this.#latestKey = keyOf(this.id, name);
    return this.#latestKey;
  }

  /** All names. The iterator is lazy: read it before the next write. */
  *all(): Generator<Element> {
    const { from, to } = prefixRange(elementsPrefix(this.id));
    for (const entry of this.#transaction.range(from, to)) yield elementOf(entry);
  }

  /** `count` names from a cursor on, and all with the hash of the last one. A scan returns a name that stays once. */
  scan(cursor: number, count: number): ElementPage {
    if (cursor >= NAME_HASH_END) return { cursor: 0, elements: [] };
    const elements: Element[] = [];
    let last = "";
    for (const entry of this.#from(cursor)) {
      const hash = hashOfElementKey(entry[0]);
      if (elements.length >= count && hash !== last) return { cursor: hashNumber(last) + 1, elements };
      last = hash;
      elements.push(elementOf(entry));
    }
    return { cursor: 0, elements };
  }

  /** A random one of all `count` names, chosen by numbers from 0 to below 1. */
  drawn(count: number, random: () => number): Element {
    const start = Math.floor(random() * NAME_HASH_END);
    const chosen = Math.floor(random() * Math.min(DRAWN_FROM, count));
    let passed = 0;
    for (const from of [start, 0]) {
      for (const entry of this.#from(from)) {
        if (passed === chosen) return elementOf(entry);
        passed += 1;
      }
    }
    throw new Error("there are as many names as are counted");
  }

  #from(hash: number): Iterable<Entry> {
    return this.#transaction.range(
      elementsFrom(this.id, hashBytes(hash)),
      prefixRange(elementsPrefix(this.id)).to,
    );
  }
}

function keyOf(id: number, name: Buffer): Bytes {
  return elementKey(id, nameHash(name), bytesOf(name));
}

/** The stored value: a copy, with the name before it when the key has only a digest of the name. */
function storedValue(name: Buffer, value: Buffer): Buffer {
  if (isWholeInKey(name.length)) return Buffer.from(value);
  const length = Buffer.alloc(varintBytes(name.length));
  putVarint(length, 0, name.length);
  return Buffer.concat([length, name, value]);
}

function withLongName(stored: Buffer): Element {
  const reader = new FieldReader(stored);
  const name = reader.view(reader.varint());
  return { name, value: stored.subarray(reader.at) };
}

function elementOf([key, stored]: Entry): Element {
  const name = nameOfElementKey(key);
  return name === undefined ? withLongName(stored) : { name: bufferOf(name), value: stored };
}

/** The faults of the names of an object that should have `count`, a sentence each. */
export function checkElements(reader: OrderedReader, id: number, count: number | undefined): string[] {
  const findings: string[] = [];
  let found = 0;
  const { from, to } = prefixRange(elementsPrefix(id));
  for (const entry of reader.range(from, to)) {
    found += 1;
    const { name } = elementOf(entry);
    if (chars(keyOf(id, name)) !== chars(entry[0]))
      findings.push(`${JSON.stringify(name.toString("latin1"))} of the object ${id} is not in its place`);
  }
  if (found !== count) findings.push(`the object ${id} counts ${count} names, there are ${found}`);
  return findings;
}
