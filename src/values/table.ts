/**
 * Names with values: a hash, or a set, whose values are empty. A small table is stored in its record, in the order in
 * which the names were added. A large one has a key for each name, in the order of the hashes of the names.
 *
 * An instance is a working copy for one command: `save` writes the record and reports the change.
 */
import { assert } from "../base/assert.ts";
import { ByteRanges } from "../base/byte-ranges.ts";
import type { KeyEvent } from "../keyspace/changes.ts";
import { type Element, type ElementPage, Elements } from "./elements.ts";
import { countOf, type Encoding, headerOf, isSmall } from "./header.ts";
import type { Held } from "./held.ts";
import { Packed } from "./packed.ts";

const NOTHING = Buffer.alloc(0);

export class Table {
  readonly held: Held;
  /** The entries of a small table. */
  #entries: Packed | undefined;
  #count: number;
  /** The encoding that Redis would use. The commands set it, since they know the limits. */
  encoding: Encoding;
  /** Entries per name in a small table: 2 with values, 1 without. */
  readonly #step: 1 | 2;
  #isChanged = false;
  #parts: Elements | undefined;

  constructor(held: Held) {
    this.held = held;
    this.#step = held.type === "hash" ? 2 : 1;
    const header = held.record === undefined ? undefined : headerOf(held.record);
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

  /** Sets the value of a name; true when the name is new. */
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

  /** Removes a name; false when there is no such name. */
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

  /** All names with their values. The iterator is lazy: read it before the next write. */
  *elements(): Generator<Element> {
    if (this.#entries === undefined) yield* this.#apart().all();
    else for (let index = 0; index < this.#count; index += 1) yield this.#smallAt(index);
  }

  /** Names and values alternately, or only one of the two, without an object for each in a small table. */
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
   * Names from a cursor on; the first cursor is 0. A small table returns all names, a large one `count` and those with
   * the same hash as the last one. A scan returns a name that stays once.
   */
  scan(cursor: number, count: number): ElementPage {
    if (this.#entries !== undefined) return { cursor: 0, elements: [...this.elements()] };
    return this.#apart().scan(cursor, count);
  }

  /** A random name with its value, chosen by numbers from 0 to below 1; undefined for an empty table. */
  drawn(random: () => number): Element | undefined {
    if (this.#count === 0) return undefined;
    if (this.#entries !== undefined) return this.#smallAt(Math.floor(random() * this.#count));
    return this.#apart().drawn(this.#count, random);
  }

  /** Writes the record and reports the change; removes an empty table. */
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

  /** Changes the encoding. */
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

  /** Moves the entries of a table that has become large to keys of their own. */
  #spread(): void {
    const elements = [...this.elements()];
    this.#entries = undefined;
    const apart = this.#apart();
    for (const { name, value } of elements) apart.put(name, value);
  }

  #apart(): Elements {
    const { id } = this.held;
    if (this.#parts?.id !== id) this.#parts = new Elements(id, this.held.transaction);
    return this.#parts;
  }
}
