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
    if (this.#chunks !== undefined && !this.#values.has(text)) insert(this.#chunks, text);
    this.#values.set(text, value);
  }

  delete(key: Bytes): void {
    const text = chars(key);
    if (this.#values.delete(text) && this.#chunks !== undefined) removeFrom(this.#chunks, text);
  }

  clear(): void {
    this.#values.clear();
    this.#chunks = undefined;
  }

  /** True once the order has been built. */
  get isOrdered(): boolean {
    return this.#chunks !== undefined;
  }

  /** Builds the order now; cheap while the map is small. */
  order(): void {
    this.#chunks ??= chunked([...this.#values.keys()].sort(compare));
  }

  /** Entries in insertion order. */
  *entries(): Generator<[Bytes, V]> {
    for (const [key, value] of this.#values) yield [raw(key), value];
  }

  /**
   * Entries with `from <= key < to` in byte order. The map may change while they are read: each step looks
   * for the next key after the last one.
   */
  *range(from: Bytes, to: Bytes, reverse = false): Generator<[Bytes, V]> {
    this.#chunks ??= chunked([...this.#values.keys()].sort(compare));
    const low = chars(from);
    const high = chars(to);
    let key = reverse ? below(this.#chunks, high) : atOrAbove(this.#chunks, low, true);
    while (key !== undefined && (reverse ? key >= low : key < high)) {
      const value = this.#values.get(key);
      if (value !== undefined) yield [raw(key), value];
      if (this.#chunks === undefined) return;
      key = reverse ? below(this.#chunks, key) : atOrAbove(this.#chunks, key, false);
    }
  }
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

function atOrAbove(chunks: string[][], key: string, inclusive: boolean): string | undefined {
  const index = chunkIndex(chunks, key);
  const chunk = chunks[index];
  if (chunk === undefined) return undefined;
  let position = lowerBound(chunk, key);
  if (!inclusive && chunk[position] === key) position += 1;
  return position < chunk.length ? chunk[position] : chunks[index + 1]?.[0];
}

function below(chunks: string[][], key: string): string | undefined {
  const index = chunkIndex(chunks, key);
  const chunk = chunks[index];
  if (chunk === undefined) return undefined;
  const position = lowerBound(chunk, key);
  return position > 0 ? chunk[position - 1] : chunks[index - 1]?.at(-1);
}
