/**
 * Committed writes that are in the journal and not yet in LMDB, by space (the first byte of a key): most spaces
 * are only looked up, and keeping the others' order costs then nothing.
 */
import type { Bytes } from "../base/bytes.ts";
import { chars } from "../base/bytes.ts";
import type { Write } from "./ordered-store.ts";
import { SortedMap } from "./sorted-map.ts";

/** A view of a much larger buffer, such as what was read from a socket, would keep all of it in memory. */
const COPY_BYTES_MIN = 2048;

/** What a key costs beside its bytes and those of its value: two objects and a place in a hash table. */
const KEY_OVERHEAD_BYTES = 160;

/** What the table has for a key: null where it was removed, undefined where nothing is known of it here. */
export type Before = Buffer | null | undefined;

export class WriteTable {
  readonly #spaces: (SortedMap<Buffer | null> | undefined)[] = [];
  readonly #transientSpaces: string;
  #size = 0;
  #bytes = 0;

  /** @param transientSpaces first bytes of keys that often come and go within the life of a table */
  constructor(transientSpaces = "") {
    this.#transientSpaces = transientSpaces;
  }

  /** Number of keys, removed ones included. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of memory, about. */
  get bytes(): number {
    return this.#bytes + this.#size * KEY_OVERHEAD_BYTES;
  }

  get(key: Bytes): Before {
    return this.#spaces[chars(key).charCodeAt(0)]?.get(key);
  }

  /**
   * Takes writes over. `isBelow` says whether a key is known to what lies below this table: the removal of one that is
   * not, such as a timer that was armed and cancelled within the life of the table, leaves nothing. Otherwise ranges
   * would pass over all that came and went since the last checkpoint, and that would carry it. It is asked only in
   * spaces that are ranged over or transient. `onNew` is called for each key that the table has not known.
   * `befores`, if given, gets what the table had for the key of each write, for `restore`.
   */
  apply(
    writes: readonly Write[],
    isBelow: (key: Bytes) => boolean = () => true,
    onNew: (key: Bytes) => void = () => undefined,
    befores?: Before[],
  ): void {
    for (const [key, value] of writes) {
      const index = chars(key).charCodeAt(0);
      const space = this.#space(index);
      const sizeBefore = space.size;
      const before = space.get(key);
      befores?.push(before);
      if (before === undefined) onNew(key);
      if (value === null && isValue(before) && this.#canVanish(space, index) && !isBelow(key))
        space.delete(key);
      else space.set(key, value === null || value.length < COPY_BYTES_MIN ? value : owned(value));
      const sizeAdded = space.size - sizeBefore;
      this.#size += sizeAdded;
      this.#bytes += sizeAdded * chars(key).length + (value?.length ?? 0) - (before?.length ?? 0);
    }
  }

  /** Puts back what `get` had for a key before a write that is taken back. Writes are taken back in reverse order. */
  restore(key: Bytes, before: Before): void {
    const space = this.#space(chars(key).charCodeAt(0));
    const written = space.get(key);
    const sizeBefore = space.size;
    if (before === undefined) space.delete(key);
    else space.set(key, before);
    const sizeAdded = space.size - sizeBefore;
    this.#size += sizeAdded;
    this.#bytes += sizeAdded * chars(key).length + (before?.length ?? 0) - (written?.length ?? 0);
  }

  /** Writes with `from <= key < to` in key order; undefined when there are surely none. */
  range(from: Bytes, to: Bytes, reverse: boolean): Iterator<[Bytes, Buffer | null]> | undefined {
    const first = chars(from).charCodeAt(0) || 0;
    const last = chars(to).charCodeAt(0);
    const spaces = [];
    for (let index = first; index <= last; index += 1) {
      const space = this.#spaces[index];
      if (space !== undefined) spaces.push(space);
    }
    if (spaces.length === 0) return undefined;
    if (reverse) spaces.reverse();
    return chained(spaces, from, to, reverse);
  }

  /** An empty table that keeps order in the spaces where this one has had to. */
  successor(): WriteTable {
    const table = new WriteTable(this.#transientSpaces);
    for (const [index, space] of this.#spaces.entries()) {
      if (space?.isOrdered === true) table.#space(index).order();
    }
    return table;
  }

  /** The keys of all spaces, in no order. */
  *keys(): Generator<Bytes> {
    for (const space of this.#spaces) {
      if (space !== undefined) for (const [key] of space.entries()) yield key;
    }
  }

  #canVanish(space: SortedMap<Buffer | null>, index: number): boolean {
    return space.isOrdered || this.#transientSpaces.includes(String.fromCharCode(index));
  }

  #space(index: number): SortedMap<Buffer | null> {
    let space = this.#spaces[index];
    if (space === undefined) {
      space = new SortedMap();
      this.#spaces[index] = space;
    }
    return space;
  }
}

function isValue(value: Before): boolean {
  return value !== null && value !== undefined;
}

function owned(value: Buffer): Buffer {
  return value.buffer.byteLength > 2 * value.length ? Buffer.from(value) : value;
}

function* chained(
  spaces: readonly SortedMap<Buffer | null>[],
  from: Bytes,
  to: Bytes,
  reverse: boolean,
): Generator<[Bytes, Buffer | null]> {
  for (const space of spaces) yield* space.range(from, to, reverse);
}
