/** The names of a large hash, set or sorted set, each a key with a value, in the order of the hashes of the names. */
import { bufferOf, bytesOf, chars } from "../base/bytes.ts";
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
  /** The cursor to go on with, 0 when the walk is over. */
  readonly cursor: number;
  readonly elements: readonly Element[];
}

/** How many neighbours one is drawn from: gaps between hashes differ, and so would the chances of each. */
const DRAWN_FROM = 16;

export class Elements {
  readonly #id: number;
  readonly #transaction: Transaction;

  constructor(id: number, transaction: Transaction) {
    this.#id = id;
    this.#transaction = transaction;
  }

  has(name: Buffer): boolean {
    return this.#transaction.get(keyOf(this.#id, name)) !== undefined;
  }

  /** The value of a name; undefined when there is no such name. */
  get(name: Buffer): Buffer | undefined {
    const stored = this.#transaction.get(keyOf(this.#id, name));
    if (stored === undefined || isWholeInKey(name.length)) return stored;
    return withLongName(stored).value;
  }

  put(name: Buffer, value: Buffer): void {
    this.#transaction.put(keyOf(this.#id, name), storedValue(name, value));
  }

  remove(name: Buffer): void {
    this.#transaction.remove(keyOf(this.#id, name));
  }

  /** All of them; lazy, to be read before the next write. */
  *all(): Generator<Element> {
    const { from, to } = prefixRange(elementsPrefix(this.#id));
    for (const entry of this.#transaction.range(from, to)) yield elementOf(entry);
  }

  /** `count` names from a cursor on, and those whose hash is that of the last one. A name that stays is met once. */
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

  /** One of `count`, which is how many there are, chosen by numbers from 0 to below 1. */
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
      elementsFrom(this.#id, hashBytes(hash)),
      prefixRange(elementsPrefix(this.#id)).to,
    );
  }
}

function keyOf(id: number, name: Buffer) {
  return elementKey(id, nameHash(name), bytesOf(name));
}

/** A name that its key has only the digest of stands before the value. A buffer of its own. */
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

/** What is wrong with the names of an object that should have `count`, a sentence each. */
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
