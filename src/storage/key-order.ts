/**
 * Byte strings in byte order, in chunks, so that an insertion moves at most one chunk: O(log n) and a short copy. What maps
 * are read in order by (sorted-map.ts, byte-map.ts).
 */
import type { Bytes } from "../base/bytes.ts";
import { chars } from "../base/bytes.ts";

const CHUNK_LENGTH_MAX = 512;

export class KeyOrder {
  readonly #chunks: string[][];
  /** Counts the changes of the order, so that a walk knows whether it still stands where it stood. */
  #version = 0;

  constructor(keys: Iterable<string>) {
    this.#chunks = chunked([...keys].sort(compare));
  }

  /** Adds a key that is not there. */
  insert(key: string): void {
    insert(this.#chunks, key);
    this.#version += 1;
  }

  /** Removes a key that is there. */
  delete(key: string): void {
    removeFrom(this.#chunks, key);
    this.#version += 1;
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#version += 1;
  }

  /**
   * A walk over the keys with `from <= key < to`: each call returns the next key, undefined at the end. The order may change
   * between calls: the next key is then looked for after the last one. While it does not, a step costs a few comparisons.
   */
  walk(from: Bytes, to: Bytes, reverse: boolean): () => string | undefined {
    const chunks = this.#chunks;
    const low = chars(from);
    const high = chars(to);
    let position = reverse ? below(chunks, high) : atOrAbove(chunks, low, true);
    let version = this.#version;
    let latest: string | undefined;
    return () => {
      if (latest !== undefined) {
        if (version !== this.#version)
          position = reverse ? below(chunks, latest) : atOrAbove(chunks, latest, false);
        else if (reverse) back(chunks, position);
        else forward(chunks, position);
        version = this.#version;
      }
      const key = keyAt(chunks, position);
      if (key === undefined || (reverse ? key < low : key >= high)) return undefined;
      latest = key;
      return key;
    };
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
