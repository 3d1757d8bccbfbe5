/**
 * Names with values: what a hash is, and a set, whose values are empty. A small one stands in its record in the order
 * in which its names came; a large one has a key for each name, in the order of the hashes of the names.
 *
 * A working copy for one command: `save` writes what belongs into the record and tells what happened.
 */
import { assert } from "../base/assert.ts";
import { bufferOf, bytesOf, chars, raw } from "../base/bytes.ts";
import { FieldReader, putVarint, varintBytes } from "../base/varint.ts";
import type { KeyEvent } from "../keyspace/changes.ts";
import {
  elementKey,
  elementsFrom,
  elementsPrefix,
  hashOfElementKey,
  isWholeInKey,
  nameOfElementKey,
  prefixRange,
} from "../keyspace/layouts.ts";
import type { Entry, OrderedReader } from "../storage/ordered-store.ts";
import { decodeHeader, type Encoding, isSmall } from "./header.ts";
import type { Held } from "./held.ts";
import { hashBytes, hashNumber, NAME_HASH_END, nameHash } from "./name-hash.ts";
import { Packed } from "./packed.ts";

export interface Element {
  readonly name: Buffer;
  readonly value: Buffer;
}

export interface ElementPage {
  /** The cursor to go on with, 0 when the walk is over. */
  readonly cursor: number;
  readonly elements: readonly Element[];
}

const NOTHING = Buffer.alloc(0);
/** How many neighbours one is drawn from: gaps between hashes differ, and so would the chances of each. */
const DRAWN_FROM = 16;

export class Table {
  readonly held: Held;
  /** Of a small one. */
  #entries: Packed | undefined;
  #count: number;
  /** As Redis would have it; kept by whoever knows the limits. */
  encoding: Encoding;
  /** Entries of a small one to a name. */
  readonly #step: 1 | 2;
  #isChanged = false;

  constructor(held: Held) {
    this.held = held;
    this.#step = held.type === "hash" ? 2 : 1;
    const header = held.record === undefined ? undefined : decodeHeader(held.record.payload);
    this.encoding = header?.encoding ?? "compact";
    if (header?.isLarge) {
      this.#count = countOf(header.numbers);
    } else {
      this.#entries = header?.entries ?? Packed.EMPTY;
      this.#count = this.#entries.count / this.#step;
    }
  }

  get count(): number {
    return this.#count;
  }

  get isLarge(): boolean {
    return this.#entries === undefined;
  }

  has(name: Buffer): boolean {
    if (this.#entries !== undefined) return this.#entries.indexOf(name, 0, this.#step) >= 0;
    return this.held.transaction.get(this.#keyOf(name)) !== undefined;
  }

  /** The value of a name; undefined when there is no such name. */
  get(name: Buffer): Buffer | undefined {
    const entries = this.#entries;
    if (entries !== undefined) {
      const index = entries.indexOf(name, 0, this.#step);
      if (index < 0) return undefined;
      return this.#step === 1 ? NOTHING : entries.at(index + 1);
    }
    const stored = this.held.transaction.get(this.#keyOf(name));
    return stored === undefined ? undefined : elementOf(name, stored).value;
  }

  /** Gives a name a value; true when the name is new. */
  set(name: Buffer, value: Buffer): boolean {
    const entries = this.#entries;
    if (entries === undefined) return this.#setApart(name, value);
    const index = entries.indexOf(name, 0, this.#step);
    if (index >= 0 && this.#step === 1) return false;
    const added = this.#step === 1 ? [name] : [name, value];
    this.#entries =
      index < 0 ? entries.spliced(entries.count, 0, added) : entries.spliced(index + 1, 1, [value]);
    this.#isChanged = true;
    if (index < 0) this.#count += 1;
    if (!isSmall(this.#entries)) this.#spread();
    return index < 0;
  }

  /** Adds a name to a set; true when it is new. */
  add(name: Buffer): boolean {
    return this.set(name, NOTHING);
  }

  /** False when there is no such name. */
  delete(name: Buffer): boolean {
    const entries = this.#entries;
    if (entries !== undefined) {
      const index = entries.indexOf(name, 0, this.#step);
      if (index < 0) return false;
      this.#entries = entries.spliced(index, this.#step, []);
    } else {
      const key = this.#keyOf(name);
      const { transaction } = this.held;
      if (transaction.get(key) === undefined) return false;
      transaction.remove(key);
    }
    this.#count -= 1;
    this.#isChanged = true;
    return true;
  }

  /** All names with their values; lazy, to be read before the next write. */
  *elements(): Generator<Element> {
    if (this.#entries === undefined) {
      const { from, to } = prefixRange(elementsPrefix(this.held.id));
      for (const entry of this.held.transaction.range(from, to)) yield storedElement(entry);
      return;
    }
    for (let index = 0; index < this.#count; index += 1) yield this.#smallAt(index);
  }

  /**
   * Names from a cursor on, 0 to begin with: all of a small one, of a large one `count` and those whose hash is that of
   * the last one. A name that stays is met once.
   */
  scan(cursor: number, count: number): ElementPage {
    if (this.#entries !== undefined) return { cursor: 0, elements: [...this.elements()] };
    if (cursor >= NAME_HASH_END) return { cursor: 0, elements: [] };
    const elements: Element[] = [];
    let last = "";
    for (const entry of this.#storedFrom(cursor)) {
      const hash = hashOfElementKey(entry[0]);
      if (elements.length >= count && hash !== last) {
        const next = hashNumber(last) + 1;
        return { cursor: next, elements };
      }
      last = hash;
      elements.push(storedElement(entry));
    }
    return { cursor: 0, elements };
  }

  /** One of the names, with its value, chosen by numbers from 0 to below 1; undefined when there is none. */
  drawn(random: () => number): Element | undefined {
    if (this.#count === 0) return undefined;
    if (this.#entries !== undefined) return this.#smallAt(Math.floor(random() * this.#count));
    const start = Math.floor(random() * NAME_HASH_END);
    const chosen = Math.floor(random() * Math.min(DRAWN_FROM, this.#count));
    let passed = 0;
    for (const from of [start, 0]) {
      for (const entry of this.#storedFrom(from)) {
        if (passed === chosen) return storedElement(entry);
        passed += 1;
      }
    }
    throw new Error("a large table has as many names as it counts");
  }

  /** Writes what belongs into the record, and tells of the change; an empty one is gone. */
  save(event: KeyEvent | undefined): void {
    if (this.#count === 0) {
      this.held.removeEmptied(event);
      return;
    }
    if (!this.#isChanged) {
      this.held.tell(event);
      return;
    }
    this.#isChanged = false;
    const { encoding } = this;
    if (this.#entries === undefined)
      this.held.save({ isLarge: true, encoding, numbers: [this.#count] }, event);
    else this.held.save({ isLarge: false, encoding, entries: this.#entries }, event);
  }

  /** The encoding has outgrown the one that was. */
  convert(encoding: Encoding): void {
    if (this.encoding === encoding) return;
    this.encoding = encoding;
    this.#isChanged = true;
  }

  #smallAt(index: number): Element {
    const entries = this.#entries;
    assert(entries !== undefined, "a small table");
    if (this.#step === 1) return { name: entries.at(index), value: NOTHING };
    return { name: entries.at(2 * index), value: entries.at(2 * index + 1) };
  }

  #setApart(name: Buffer, value: Buffer): boolean {
    const { transaction } = this.held;
    const key = this.#keyOf(name);
    const isNew = transaction.get(key) === undefined;
    if (!isNew && this.#step === 1) return false;
    transaction.put(key, storedValue(name, value));
    if (isNew) {
      this.#count += 1;
      this.#isChanged = true;
    }
    return isNew;
  }

  /** It has become large. */
  #spread(): void {
    const elements = [...this.elements()];
    this.#entries = undefined;
    const { transaction } = this.held;
    for (const { name, value } of elements) transaction.put(this.#keyOf(name), storedValue(name, value));
  }

  #storedFrom(hash: number): Iterable<Entry> {
    const { id, transaction } = this.held;
    return transaction.range(elementsFrom(id, hashBytes(hash)), prefixRange(elementsPrefix(id)).to);
  }

  #keyOf(name: Buffer) {
    return elementKey(this.held.id, nameHash(name), bytesOf(name));
  }
}

function countOf([count]: readonly number[]): number {
  assert(count !== undefined, "a large object has its count");
  return count;
}

/** A name that its key has only the digest of stands before the value. A buffer of its own. */
function storedValue(name: Buffer, value: Buffer): Buffer {
  if (isWholeInKey(name.length)) return Buffer.from(value);
  const length = Buffer.alloc(varintBytes(name.length));
  putVarint(length, 0, name.length);
  return Buffer.concat([length, name, value]);
}

function elementOf(name: Buffer, stored: Buffer): Element {
  if (isWholeInKey(name.length)) return { name, value: stored };
  return withLongName(stored);
}

function withLongName(stored: Buffer): Element {
  const reader = new FieldReader(stored);
  const name = reader.view(reader.varint());
  return { name, value: stored.subarray(reader.at) };
}

function storedElement([key, stored]: Entry): Element {
  const name = nameOfElementKey(key);
  return name === undefined ? withLongName(stored) : { name: bufferOf(name), value: stored };
}

/** What is wrong with the parts of a large one, a sentence each. */
export function checkTable(reader: OrderedReader, id: number, numbers: readonly number[]): string[] {
  const findings: string[] = [];
  let count = 0;
  const { from, to } = prefixRange(elementsPrefix(id));
  for (const entry of reader.range(from, to)) {
    count += 1;
    const { name } = storedElement(entry);
    if (chars(elementKey(id, nameHash(name), bytesOf(name))) !== chars(entry[0]))
      findings.push(
        `${JSON.stringify(chars(raw(name.toString("latin1"))))} of the object ${id} is not in its place`,
      );
  }
  if (count !== numbers[0]) findings.push(`the object ${id} counts ${numbers[0]} names, there are ${count}`);
  return findings;
}
