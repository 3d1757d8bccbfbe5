/**
 * Lists. A small list is stored in its record. A large one is a counted tree, which reaches every place by a few nodes.
 * An instance is a working copy for one command: `save` writes the changes and reports them.
 */
import { assert } from "../base/assert.ts";
import { ByteRanges } from "../base/byte-ranges.ts";
import type { KeyEvent } from "../keyspace/changes.ts";
import { CountedTree, type Run, treeRootOf } from "./counted-tree.ts";
import { countOf, type Encoding, headerOf, isSmall } from "./header.ts";
import type { Held } from "./held.ts";
import { ELEMENT_OVERHEAD_BYTES_MAX, listpackBytes } from "./listpack-bytes.ts";
import { Packed } from "./packed.ts";

export type ListEnd = "left" | "right";

export class List {
  readonly held: Held;
  /** The entries of a small list. */
  #entries: Packed | undefined;
  /** The tree of a large list. */
  #tree: CountedTree | undefined;
  #count: number;
  /** The bytes that its elements would take in a listpack; for a small list undefined until they are needed. */
  #bytes: number | undefined;
  /** The encoding that Redis would use. The commands set it, since they know the limits. */
  encoding: Encoding;

  constructor(held: Held) {
    this.held = held;
    const header = held.record === undefined ? undefined : headerOf(held.record);
    this.encoding = header?.encoding ?? "compact";
    if (header?.isLarge) {
      const { numbers } = header;
      this.#count = countOf(numbers);
      const [, , , , bytes] = numbers;
      assert(bytes !== undefined, "a large list has its bytes");
      this.#bytes = bytes;
      this.#tree = new CountedTree(held.id, held.transaction, treeRootOf(numbers));
    } else {
      this.#entries = header?.entries ?? Packed.EMPTY;
      this.#count = this.#entries.count;
    }
  }

  get count(): number {
    return this.#count;
  }

  /** The bytes that its elements would take in a listpack. */
  get bytes(): number {
    this.#bytes ??= bytesOf(this.#entries?.entries() ?? []);
    return this.#bytes;
  }

  /** Not below `bytes`, and known at once. */
  get bytesMax(): number {
    return this.#entries === undefined
      ? this.bytes
      : this.#entries.byteLength + this.#entries.count * ELEMENT_OVERHEAD_BYTES_MAX;
  }

  /** The element at a place, which is below the count. */
  at(place: number): Buffer {
    return this.#entries?.at(place) ?? this.#large().at(place);
  }

  /** Elements from a place towards the end or the beginning. Read the iterator before the next write. */
  *runs(from: number, reverse = false): Generator<Run> {
    let place = from;
    while (place >= 0 && place < this.#count) {
      const run =
        this.#entries === undefined ? this.#large().runAt(place) : { entries: this.#entries, start: 0 };
      yield run;
      place = reverse ? run.start - 1 : run.start + run.entries.count;
    }
  }

  /** The elements between two places, both included. */
  range(from: number, to: number): Buffer[] {
    const found: Buffer[] = [];
    for (const { entries, start } of this.runs(from)) {
      const end = Math.min(entries.count, to + 1 - start);
      for (let index = Math.max(0, from - start); index < end; index += 1) found.push(entries.at(index));
      if (start + entries.count > to) break;
    }
    return found;
  }

  /** Like `range`, without an object for each element. */
  ranges(from: number, to: number): ByteRanges {
    const found = new ByteRanges();
    for (const { entries, start } of this.runs(from)) {
      entries.addTo(found, Math.max(0, from - start), Math.min(entries.count, to + 1 - start));
      if (start + entries.count > to) break;
    }
    return found;
  }

  push(end: ListEnd, element: Buffer): void {
    this.insert(end === "left" ? 0 : this.#count, element);
  }

  /** Removes the element at an end of a list that is not empty. Returns a copy. */
  pop(end: ListEnd): Buffer {
    const place = end === "left" ? 0 : this.#count - 1;
    const element = Buffer.from(this.at(place));
    this.remove(place, 1);
    return element;
  }

  /** Inserts an element before the one at a place, or at the end. */
  insert(place: number, element: Buffer): void {
    this.#count += 1;
    if (this.#bytes !== undefined) this.#bytes += listpackBytes(element);
    if (this.#entries === undefined) {
      this.#large().insert(place, element);
      return;
    }
    this.#entries = this.#entries.spliced(place, 0, [element]);
    if (isSmall(this.#entries)) return;
    this.#bytes = this.bytes;
    this.#tree = CountedTree.of(this.held.id, this.held.transaction, this.#entries, false);
    this.#entries = undefined;
  }

  replace(place: number, element: Buffer): void {
    this.remove(place, 1);
    this.insert(place, element);
  }

  /** Removes elements, starting at a place. */
  remove(place: number, count: number): void {
    if (count <= 0) return;
    // The bytes of the whole list are known; for a part of it, each element is measured.
    if (count === this.#count) this.#bytes = 0;
    else if (this.#bytes !== undefined) this.#bytes -= bytesOf(this.range(place, place + count - 1));
    this.#count -= count;
    if (this.#entries !== undefined) this.#entries = this.#entries.spliced(place, count, []);
    else this.#large().remove(place, count);
  }

  /** Writes the changes and reports them; removes an empty list. */
  save(event: KeyEvent | undefined): void {
    if (this.#count === 0) {
      this.held.removeEmptied(event);
      return;
    }
    const { encoding } = this;
    if (this.#entries !== undefined) {
      this.held.save({ isLarge: false, encoding, entries: this.#entries }, event);
      return;
    }
    const tree = this.#large();
    tree.write(this.held.transaction);
    const numbers = [this.#count, ...tree.numbers, this.bytes];
    this.held.save({ isLarge: true, encoding, numbers }, event);
  }

  #large(): CountedTree {
    assert(this.#tree !== undefined, "a large list has a tree");
    return this.#tree;
  }
}

function bytesOf(elements: Iterable<Buffer>): number {
  let bytes = 0;
  for (const element of elements) bytes += listpackBytes(element);
  return bytes;
}
