/**
 * A map from byte strings that can also be read in key order. The order is built at the first range and kept
 * up from then on, in chunks, so that an insertion moves at most one chunk: lookups cost a hash, insertions
 * O(log n) plus a short copy, and a map that is never ranged over pays nothing for order.
 */
import type { Bytes } from "../base/bytes.ts";
import { chars, raw } from "../base/bytes.ts";

const CHUNK_LENGTH_MAX = 512;

export class SortedMap<V> {
  readonly #values = new Map<string, V>();
  #chunks: string[][] | undefined;
  /** Counts the changes of the order, so that a range knows whether it still stands where it stood. */
  #orderVersion = 0;

  get size(): number {
    return this.#values.size;
  }

  get(key: Bytes): V | undefined {
    return this.#values.get(chars(key));
  }

  has(key: Bytes): boolean {
    return this.#values.has(chars(key));
  }

  set(key: Bytes, value: V): void {
    const text = chars(key);
    if (this.#chunks !== undefined && !this.#values.has(text)) {
      insert(this.#chunks, text);
      this.#orderVersion += 1;
    }
    this.#values.set(text, value);
  }

  delete(key: Bytes): void {
    const text = chars(key);
    if (!this.#values.delete(text) || this.#chunks === undefined) return;
    removeFrom(this.#chunks, text);
    this.#orderVersion += 1;
  }

  clear(): void {
    this.#values.clear();
    this.#chunks = undefined;
    this.#orderVersion += 1;
  }

  /** True once the order has been built. */
  get isOrdered(): boolean {
    return this.#chunks !== undefined;
  }

  /** Builds the order now; cheap while the map is small. */
  order(): void {
    this.#chunks ??= chunked([...this.#values.keys()].sort(compare));
  }

  /** Values in insertion order. */
  values(): IterableIterator<V> {
    return this.#values.values();
  }

  /** Visits the entries in insertion order; makes no object for each, as `entries` does. */
  forEach(visit: (key: Bytes, value: V) => void): void {
    this.#values.forEach((value, key) => {
      visit(raw(key), value);
    });
  }

  /** Entries in insertion order. */
  *entries(): Generator<[Bytes, V]> {
    for (const [key, value] of this.#values) yield [raw(key), value];
  }

  /**
   * Entries with `from <= key < to` in byte order. The map may change while they are read: the next key is then looked
   * for after the last one. While it does not, a step costs a few comparisons.
   */
  *range(from: Bytes, to: Bytes, reverse = false): Generator<[Bytes, V]> {
    this.#chunks ??= chunked([...this.#values.keys()].sort(compare));
    const low = chars(from);
    const high = chars(to);
    let position = reverse ? below(this.#chunks, high) : atOrAbove(this.#chunks, low, true);
    for (;;) {
      const key = keyAt(this.#chunks, position);
      if (key === undefined || (reverse ? key < low : key >= high)) return;
      const value = this.#values.get(key);
      const version = this.#orderVersion;
      if (value !== undefined) yield [raw(key), value];
      if (this.#chunks === undefined) return;
      if (version !== this.#orderVersion)
        position = reverse ? below(this.#chunks, key) : atOrAbove(this.#chunks, key, false);
      else if (reverse) back(this.#chunks, position);
      else forward(this.#chunks, position);
    }
  }
}

/** A place in the order: a chunk, and a key in it. There may be none. */
interface Position {
  chunk: number;
  index: number;
}

function keyAt(chunks: string[][], { chunk, index }: Position): string | undefined {
  return chunks[chunk]?.[index];
}

/** No chunk is empty. */
function forward(chunks: string[][], position: Position): void {
  position.index += 1;
  if (position.index < (chunks[position.chunk]?.length ?? 0)) return;
  position.chunk += 1;
  position.index = 0;
}

function back(chunks: string[][], position: Position): void {
  position.index -= 1;
  if (position.index >= 0) return;
  position.chunk -= 1;
  position.index = (chunks[position.chunk]?.length ?? 0) - 1;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function chunked(sorted: string[]): string[][] {
  const chunks: string[][] = [];
  for (let start = 0; start < sorted.length; start += CHUNK_LENGTH_MAX / 2) {
    chunks.push(sorted.slice(start, start + CHUNK_LENGTH_MAX / 2));
  }
  return chunks;
}

/** The index of the last chunk whose first key is at or below `key`; 0 when there is none. */
function chunkIndex(chunks: string[][], key: string): number {
  let low = 0;
  let high = chunks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((chunks[middle]?.[0] ?? "") <= key) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The index of the first key of a chunk that is at or above `key`. */
function lowerBound(chunk: string[], key: string): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((chunk[middle] ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insert(chunks: string[][], key: string): void {
  const index = chunkIndex(chunks, key);
  const chunk = chunks[index];
  if (chunk === undefined) {
    chunks.push([key]);
    return;
  }
  chunk.splice(lowerBound(chunk, key), 0, key);
  if (chunk.length > CHUNK_LENGTH_MAX) chunks.splice(index + 1, 0, chunk.splice(CHUNK_LENGTH_MAX / 2));
}

function removeFrom(chunks: string[][], key: string): void {
  const index = chunkIndex(chunks, key);
  const chunk = chunks[index];
  if (chunk === undefined) return;
  chunk.splice(lowerBound(chunk, key), 1);
  if (chunk.length === 0) chunks.splice(index, 1);
}

function atOrAbove(chunks: string[][], key: string, inclusive: boolean): Position {
  const chunk = chunkIndex(chunks, key);
  const position = { chunk, index: lowerBound(chunks[chunk] ?? [], key) };
  const found = keyAt(chunks, position);
  if (found === undefined) {
    position.chunk += 1;
    position.index = 0;
  } else if (!inclusive && found === key) forward(chunks, position);
  return position;
}

function below(chunks: string[][], key: string): Position {
  const chunk = chunkIndex(chunks, key);
  const position = { chunk, index: lowerBound(chunks[chunk] ?? [], key) };
  back(chunks, position);
  return position;
}
