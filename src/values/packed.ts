/**
 * A sequence of byte strings, each after its length (varint): the contents of a small object or of a node of a tree. It
 * is immutable: an edit copies the bytes once.
 */
import { assert } from "../base/assert.ts";
import { type ByteRanges, KeptStrings } from "../base/byte-ranges.ts";
import { putVarint, varintBytes } from "../base/varint.ts";

const MORE = 128;
/** A run of so few entries is as fast one by one. */
const KEPT_MIN = 8;
/** Up to here a loop is faster than a call that copies. */
const SHORT_BYTES_MAX = 64;

export class Packed {
  static readonly EMPTY = new Packed(Buffer.alloc(0), []);

  readonly bytes: Buffer;
  /** The offsets of the lengths of the entries. */
  readonly #starts: readonly number[];
  /** The entries without as many bytes as were asked for last; undefined until they are asked for again. */
  #kept: KeptStrings | undefined;
  #keptSkipped = -1;

  private constructor(bytes: Buffer, starts: readonly number[]) {
    this.bytes = bytes;
    this.#starts = starts;
  }

  /** Decodes `bytes` of another instance. @throws Error when they are invalid */
  static read(bytes: Buffer): Packed {
    const starts: number[] = [];
    let at = 0;
    while (at < bytes.length) {
      starts.push(at);
      const length = lengthAt(bytes, at);
      at += varintBytes(length) + length;
    }
    assert(at === bytes.length, "packed entries that are whole");
    return new Packed(bytes, starts);
  }

  static of(entries: readonly Buffer[]): Packed {
    return Packed.EMPTY.spliced(0, 0, entries);
  }

  get count(): number {
    return this.#starts.length;
  }

  /** The entry at an index; a view. */
  at(index: number): Buffer {
    const start = this.#starts[index];
    assert(start !== undefined, "an entry there is");
    const length = lengthAt(this.bytes, start);
    const from = start + varintBytes(length);
    return this.bytes.subarray(from, from + length);
  }

  /** Whether the entry at an index is below these bytes. A loop is faster than Buffer.compare: most differ early. */
  isBelow(index: number, other: Buffer): boolean {
    const start = this.#starts[index];
    assert(start !== undefined, "an entry there is");
    const { bytes } = this;
    const length = lengthAt(bytes, start);
    const from = start + varintBytes(length);
    const common = Math.min(length, other.length);
    for (let at = 0; at < common; at += 1) {
      const difference = (bytes[from + at] ?? 0) - (other[at] ?? 0);
      if (difference !== 0) return difference < 0;
    }
    return length < other.length;
  }

  /** Appends a range of entries, its end excluded, to a list, each without its first `skipped` bytes. */
  addTo(strings: ByteRanges, fromIndex: number, toIndex: number, skipped = 0): void {
    const kept = toIndex - fromIndex < KEPT_MIN ? undefined : this.#keptWithout(skipped);
    if (kept !== undefined) strings.addKept(kept, fromIndex, toIndex);
    else for (let index = fromIndex; index < toIndex; index += 1) this.addOneTo(strings, index, skipped);
  }

  /** All entries without their first bytes, from the second time on that they are asked for. */
  #keptWithout(skipped: number): KeptStrings | undefined {
    if (this.#keptSkipped !== skipped) {
      this.#keptSkipped = skipped;
      this.#kept = undefined;
      return undefined;
    }
    if (this.#kept !== undefined) return this.#kept;
    const places: number[] = [];
    for (const start of this.#starts) {
      const length = lengthAt(this.bytes, start);
      const from = start + varintBytes(length);
      places.push(from + skipped, from + length);
    }
    this.#kept = new KeptStrings(this.bytes, places);
    return this.#kept;
  }

  addOneTo(strings: ByteRanges, index: number, skipped = 0): void {
    const start = this.#starts[index];
    assert(start !== undefined, "an entry there is");
    const length = lengthAt(this.bytes, start);
    const from = start + varintBytes(length);
    strings.add(this.bytes, from + skipped, from + length);
  }

  *entries(): Generator<Buffer> {
    for (let index = 0; index < this.count; index += 1) yield this.at(index);
  }

  /** The index of an entry; the search starts at an index and goes in steps. -1 when there is none. */
  indexOf(entry: Buffer, from = 0, step = 1): number {
    const { bytes } = this;
    const { length } = entry;
    for (let index = from; index < this.#starts.length; index += step) {
      const start = this.#starts[index] ?? 0;
      if (lengthAt(bytes, start) !== length) continue;
      const at = start + varintBytes(length);
      if (bytes.compare(entry, 0, length, at, at + length) === 0) return index;
    }
    return -1;
  }

  /** A copy in which `added` replaces `removed` entries. */
  spliced(index: number, removed: number, added: readonly Buffer[]): Packed {
    const from = this.#startOf(index);
    const to = this.#startOf(index + removed);
    let addedBytes = 0;
    for (const { length } of added) addedBytes += varintBytes(length) + length;
    const shift = addedBytes - (to - from);
    const bytes = Buffer.allocUnsafe(this.bytes.length + shift);
    copyBytes(this.bytes, 0, from, bytes, 0);
    const addedStarts: number[] = [];
    let at = from;
    for (const entry of added) {
      addedStarts.push(at);
      at = putVarint(bytes, at, entry.length);
      bytes.set(entry, at);
      at += entry.length;
    }
    copyBytes(this.bytes, to, this.bytes.length, bytes, at);
    const starts = this.#starts.toSpliced(index, removed, ...addedStarts);
    for (let rest = index + added.length; rest < starts.length; rest += 1)
      starts[rest] = (starts[rest] ?? 0) + shift;
    return new Packed(bytes, starts);
  }

  /** The entries of a range of indexes, its end excluded. */
  slice(from: number, to: number): Packed {
    const start = this.#startOf(from);
    const starts = this.#starts.slice(from, to).map((place) => place - start);
    return new Packed(this.bytes.subarray(start, this.#startOf(to)), starts);
  }

  /** The entries of both, in order. */
  concat(other: Packed): Packed {
    const shift = this.bytes.length;
    const starts = [...this.#starts, ...other.#starts.map((place) => place + shift)];
    return new Packed(Buffer.concat([this.bytes, other.bytes]), starts);
  }

  #startOf(index: number): number {
    return this.#starts[index] ?? this.bytes.length;
  }
}

/** Copies a range of bytes. A short one byte by byte: a view of it would take longer than the copy. */
function copyBytes(source: Buffer, from: number, to: number, target: Buffer, at: number): void {
  if (to - from > SHORT_BYTES_MAX) target.set(source.subarray(from, to), at);
  else for (let index = from; index < to; index += 1) target[at + index - from] = source[index] ?? 0;
}

function lengthAt(bytes: Buffer, at: number): number {
  let byte = bytes[at] ?? 0;
  if (byte < MORE) return byte;
  let length = byte - MORE;
  let factor = MORE;
  for (let next = at + 1; ; next += 1) {
    assert(next < bytes.length, "a length that is whole");
    byte = bytes[next] ?? 0;
    length += (byte % MORE) * factor;
    if (byte < MORE) return length;
    factor *= MORE;
  }
}
