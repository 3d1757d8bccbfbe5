/**
 * Names with values: what a hash is, and a set, whose values are empty. A small one is in its record in the order
 * in which its names came; a large one has a key for each name, in the order of the hashes of the names.
 *
 * A working copy for one command: `save` writes what belongs into the record and tells what happened.
 */
import { assert } from "../base/assert.ts";
import { ByteRanges } from "../base/byte-ranges.ts";
import type { KeyEvent } from "../keyspace/changes.ts";
import { type Element, type ElementPage, Elements } from "./elements.ts";
import { countOf, decodeHeader, type Encoding, isSmall } from "./header.ts";
import type { Held } from "./held.ts";
import { Packed } from "./packed.ts";

const NOTHING = Buffer.alloc(0);

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
    return this.#apart().has(name);
  }

  /** The value of a name; undefined when there is no such name. */
  get(name: Buffer): Buffer | undefined {
    const entries = this.#entries;
    if (entries !== undefined) {
      const index = entries.indexOf(name, 0, this.#step);
      if (index < 0) return undefined;
      return this.#step === 1 ? NOTHING : entries.at(index + 1);
    }
    return this.#apart().get(name);
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
      const elements = this.#apart();
      if (!elements.has(name)) return false;
      elements.remove(name);
    }
    this.#count -= 1;
    this.#isChanged = true;
    return true;
  }

  /** All names with their values; lazy, to be read before the next write. */
  *elements(): Generator<Element> {
    if (this.#entries === undefined) yield* this.#apart().all();
    else for (let index = 0; index < this.#count; index += 1) yield this.#smallAt(index);
  }

  /** All names and values by turns, or those alone that are asked for, without an object for each where it is small. */
  strings(wanted: "names" | "values" | "both"): ByteRanges {
    const found = new ByteRanges();
    const entries = this.#entries;
    if (entries !== undefined && (wanted === "both" || this.#step === 1)) {
      entries.addTo(found, 0, entries.count);
      return found;
    }
    if (entries !== undefined) {
      for (let index = wanted === "names" ? 0 : 1; index < entries.count; index += this.#step)
        entries.addOneTo(found, index);
      return found;
    }
    for (const { name, value } of this.#apart().all()) {
      if (wanted !== "values") found.add(name, 0, name.length);
      if (wanted !== "names") found.add(value, 0, value.length);
    }
    return found;
  }

  /**
   * Names from a cursor on, 0 to begin with: all of a small one, of a large one `count` and those whose hash is that of
   * the last one. A name that stays is met once.
   */
  scan(cursor: number, count: number): ElementPage {
    if (this.#entries !== undefined) return { cursor: 0, elements: [...this.elements()] };
    return this.#apart().scan(cursor, count);
  }

  /** One of the names, with its value, chosen by numbers from 0 to below 1; undefined when there is none. */
  drawn(random: () => number): Element | undefined {
    if (this.#count === 0) return undefined;
    if (this.#entries !== undefined) return this.#smallAt(Math.floor(random() * this.#count));
    return this.#apart().drawn(this.#count, random);
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
    const elements = this.#apart();
    const isNew = !elements.has(name);
    if (!isNew && this.#step === 1) return false;
    elements.put(name, value);
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
    const apart = this.#apart();
    for (const { name, value } of elements) apart.put(name, value);
  }

  #apart(): Elements {
    return new Elements(this.held.id, this.held.transaction);
  }
}
