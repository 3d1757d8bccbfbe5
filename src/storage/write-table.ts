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

export class WriteTable {
  readonly #spaces: (SortedMap<Buffer | null> | undefined)[] = [];
  #size = 0;

  /** Number of keys, removed ones included. */
  get size(): number {
    return this.#size;
  }

  /** Null: the key was removed. Undefined: nothing is known of it here. */
  get(key: Bytes): Buffer | null | undefined {
    return this.#spaces[chars(key).charCodeAt(0)]?.get(key);
  }

  /**
   * Takes writes over. `isBelow` says whether a key is known to what lies below this table: the removal of one that is
   * not, such as a timer that was armed and cancelled within the life of the table, leaves nothing. Ranges would
   * otherwise pass over all that came and went since the last checkpoint. It is asked only in spaces that are ranged over.
   */
  apply(writes: readonly Write[], isBelow: (key: Bytes) => boolean = () => true): void {
    for (const [key, value] of writes) {
      const space = this.#space(chars(key).charCodeAt(0));
      const sizeBefore = space.size;
      if (value === null && space.isOrdered && isValue(space.get(key)) && !isBelow(key)) space.delete(key);
      else space.set(key, value === null || value.length < COPY_BYTES_MIN ? value : owned(value));
      this.#size += space.size - sizeBefore;
    }
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
    const table = new WriteTable();
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

  #space(index: number): SortedMap<Buffer | null> {
    let space = this.#spaces[index];
    if (space === undefined) {
      space = new SortedMap();
      this.#spaces[index] = space;
    }
    return space;
  }
}

function isValue(value: Buffer | null | undefined): boolean {
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
