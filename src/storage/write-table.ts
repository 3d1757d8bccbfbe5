/**
 * Committed writes that are in the journal and not yet in LMDB, by space (the first byte of a key): most spaces
 * are only looked up, and keeping the others' order costs then nothing.
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { chars } from "../base/bytes.ts";
import { ByteMap, type Former } from "./byte-map.ts";
import type { Write } from "./ordered-store.ts";
import type { Packs } from "./packed-entries.ts";
import { SortedMap } from "./sorted-map.ts";

/** A view of a much larger buffer, such as what was read from a socket, would keep all of it in memory. */
const COPY_BYTES_MIN = 2048;

/** What a key costs beside its bytes and those of its value: two objects and a place in a hash table. */
const KEY_OVERHEAD_BYTES = 160;

/** What the table had for a key before a write, for `restore` alone. */
export type Before = Former;

/** Spaces of many small values, which are held as bytes. */
export interface PackedSpaces {
  /** First bytes of their keys. */
  readonly spaces: string;
  readonly packs: Packs;
}

const NONE_PACKED: PackedSpaces = { spaces: "", packs: () => false };

/** What the table has of one space. */
type Space = ByteMap | BufferMap;

export class WriteTable {
  readonly #spaces: (Space | undefined)[] = [];
  /** Those there are, in no order. */
  readonly #used: Space[] = [];
  readonly #transientSpaces: string;
  readonly #packed: PackedSpaces;
  #bytes = 0;

  /** @param transientSpaces first bytes of keys that often come and go within the life of a table */
  constructor(transientSpaces = "", packed = NONE_PACKED) {
    this.#transientSpaces = transientSpaces;
    this.#packed = packed;
  }

  /** Number of keys, removed ones included. */
  get size(): number {
    let size = 0;
    for (const space of this.#used) size += space.size;
    return size;
  }

  /** Bytes of memory, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What the table has for a key: null where it was removed, undefined where nothing is known of it here. */
  get(key: Bytes): Buffer | null | undefined {
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
      const vanishes =
        value === null && this.#canVanish(space, index) && isValue(space.get(key)) && !isBelow(key);
      const before = vanishes
        ? space.take(key)
        : space.put(key, value === null || value.length < COPY_BYTES_MIN ? value : owned(value));
      befores?.push(before);
      if (before === undefined) onNew(key);
    }
    this.#measure();
  }

  /** Puts back what a key had before a write that is taken back. Writes are taken back in reverse order. */
  restore(key: Bytes, before: Before): void {
    this.#space(chars(key).charCodeAt(0)).restore(key, before);
    this.#measure();
  }

  /** Every request asks for the sum. */
  #measure(): void {
    let bytes = 0;
    for (const space of this.#used) bytes += space.bytes;
    this.#bytes = bytes;
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

  /** An empty table that keeps order in the spaces where this one has had to, with room for as much as this one has had. */
  successor(): WriteTable {
    const table = new WriteTable(this.#transientSpaces, this.#packed);
    for (const [index, space] of this.#spaces.entries()) {
      if (space === undefined) continue;
      const next = table.#space(index, space.size);
      if (space.isOrdered) next.order();
    }
    return table;
  }

  /** The keys of all spaces, in no order. */
  *keys(): Generator<Bytes> {
    for (const space of this.#used) yield* space.keys();
  }

  #canVanish(space: Space, index: number): boolean {
    return space.isOrdered || this.#transientSpaces.includes(String.fromCharCode(index));
  }

  #space(index: number, expected = 0): Space {
    return this.#spaces[index] ?? this.#newSpace(index, expected);
  }

  #newSpace(index: number, expected: number): Space {
    const isPacked = this.#packed.spaces.includes(String.fromCharCode(index));
    const space = isPacked ? new ByteMap(this.#packed.packs, expected) : new BufferMap();
    this.#spaces[index] = space;
    this.#used.push(space);
    return space;
  }
}

/** A space whose values are kept as the buffers they are. */
class BufferMap {
  readonly #values = new SortedMap<Buffer | null>();
  #bytes = 0;

  get size(): number {
    return this.#values.size;
  }

  get bytes(): number {
    return this.#bytes + this.#values.size * KEY_OVERHEAD_BYTES;
  }

  get isOrdered(): boolean {
    return this.#values.isOrdered;
  }

  get(key: Bytes): Buffer | null | undefined {
    return this.#values.get(key);
  }

  put(key: Bytes, value: Buffer | null): Before {
    const former = this.#values.get(key);
    this.#values.set(key, value);
    if (former === undefined) this.#bytes += chars(key).length;
    this.#bytes += (value?.length ?? 0) - (former?.length ?? 0);
    return former;
  }

  take(key: Bytes): Before {
    const former = this.#values.get(key);
    if (former === undefined) return undefined;
    this.#values.delete(key);
    this.#bytes -= chars(key).length + (former?.length ?? 0);
    return former;
  }

  restore(key: Bytes, former: Before): void {
    assert(typeof former !== "number", "no places in a space of buffers");
    if (former === undefined) this.take(key);
    else this.put(key, former);
  }

  order(): void {
    this.#values.order();
  }

  *keys(): Generator<Bytes> {
    for (const [key] of this.#values.entries()) yield key;
  }

  range(from: Bytes, to: Bytes, reverse: boolean): Generator<[Bytes, Buffer | null]> {
    return this.#values.range(from, to, reverse);
  }
}

function isValue(value: Buffer | null | undefined): boolean {
  return value !== null && value !== undefined;
}

function owned(value: Buffer): Buffer {
  return value.buffer.byteLength > 2 * value.length ? Buffer.from(value) : value;
}

function* chained(
  spaces: readonly Space[],
  from: Bytes,
  to: Bytes,
  reverse: boolean,
): Generator<[Bytes, Buffer | null]> {
  for (const space of spaces) yield* space.range(from, to, reverse);
}
