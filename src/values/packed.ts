/**
 * A sequence of byte strings, each after its length (varint): the contents of a small object or of a node of a tree. It
 * is immutable: an edit copies the bytes once.
 */
import { assert } from "../base/assert.ts";
import { type ByteRanges, KeptStrings } from "../base/byte-ranges.ts";
import { copyBytes } from "../base/copy-bytes.ts";
import { putVarint, varintBytes } from "../base/varint.ts";

const MORE = 128;
/** A run of so few entries is as fast one by one. */
const KEPT_MIN = 8;
/** Up to here a loop is faster than a call that compares. */
const SHORT_BYTES_MAX = 64;

/** So many entries are passed one by one on the way to another; beyond, the places of all are looked up once. */
const PASSED_MAX = 16;

export class Packed {
  static readonly EMPTY = new Packed(Buffer.alloc(0), 0, 0, undefined);

  /** The number of entries. */
  readonly count: number;
  readonly #buffer: Buffer;
  /** Where the entries begin in it; they end where it ends. */
  readonly #from: number;
  /** The offsets of the lengths of the entries; undefined until they are needed: the ends of a sequence are known without. */
  #known: readonly number[] | undefined;
  /** The entries without as many bytes as were asked for last; undefined until they are asked for again. */
  #kept: KeptStrings | undefined;
  #keptSkipped = -1;

  private constructor(buffer: Buffer, from: number, count: number, starts: readonly number[] | undefined) {
    this.#buffer = buffer;
    this.#from = from;
    this.count = count;
    this.#known = starts;
  }

  /** Decodes the bytes of another instance, which are those from an offset on. @throws Error when they are invalid */
  static read(buffer: Buffer, from = 0): Packed {
    let count = 0;
    let at = from;
    while (at < buffer.length) {
      at = endOf(buffer, at);
      count += 1;
    }
    assert(at === buffer.length, "packed entries that are whole");
    return new Packed(buffer, from, count, undefined);
  }

  static of(entries: readonly Buffer[]): Packed {
    return Packed.EMPTY.spliced(0, 0, entries);
  }

  /** The stored form, a view. */
  get bytes(): Buffer {
    return this.#from === 0 ? this.#buffer : this.#buffer.subarray(this.#from);
  }

  get byteLength(): number {
    return this.#buffer.length - this.#from;
  }

  /** Copies the stored form to an offset of another buffer. */
  copyTo(target: Buffer, at: number): void {
    copyBytes(this.#buffer, this.#from, this.#buffer.length, target, at);
  }

  /** The entry at an index; a view. */
  at(index: number): Buffer {
    const start = this.#startAt(index);
    const length = lengthAt(this.#buffer, start);
    const from = start + varintBytes(length);
    return this.#buffer.subarray(from, from + length);
  }

  /** Whether the entry at an index is below these bytes. A loop is faster than Buffer.compare: most differ early. */
  isBelow(index: number, other: Buffer): boolean {
    // Who asks looks at several entries in no order.
    const start = (this.#known ?? this.#starts())[index];
    assert(start !== undefined, "an entry there is");
    const bytes = this.#buffer;
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
    for (const start of this.#starts()) {
      const length = lengthAt(this.#buffer, start);
      const from = start + varintBytes(length);
      places.push(from + skipped, from + length);
    }
    this.#kept = new KeptStrings(this.#buffer, places);
    return this.#kept;
  }

  addOneTo(strings: ByteRanges, index: number, skipped = 0): void {
    const start = this.#startAt(index);
    const length = lengthAt(this.#buffer, start);
    const from = start + varintBytes(length);
    strings.add(this.#buffer, from + skipped, from + length);
  }

  *entries(): Generator<Buffer> {
    for (let index = 0; index < this.count; index += 1) yield this.at(index);
  }

  /** The index of an entry; the search starts at an index and goes in steps. -1 when there is none. */
  indexOf(entry: Buffer, from = 0, step = 1): number {
    const buffer = this.#buffer;
    let start = this.#startOf(from);
    for (let index = from; index < this.count; ) {
      const length = lengthAt(buffer, start);
      const at = start + varintBytes(length);
      if (length === entry.length && isEqual(buffer, at, entry)) return index;
      const next = Math.min(index + step, this.count);
      start = at + length;
      for (index += 1; index < next; index += 1) start = endOf(buffer, start);
    }
    return -1;
  }

  /** A copy in which `added` replaces `removed` entries; a place behind the end is the end. */
  spliced(place: number, removed: number, added: readonly Buffer[]): Packed {
    const index = Math.min(place, this.count);
    const base = this.#from;
    const from = this.#startOf(index);
    const to = removed === 0 ? from : this.#startOf(index + removed);
    let addedBytes = 0;
    for (const { length } of added) addedBytes += varintBytes(length) + length;
    const shift = addedBytes - (to - from);
    const bytes = Buffer.allocUnsafe(this.byteLength + shift);
    copyBytes(this.#buffer, base, from, bytes, 0);
    let at = from - base;
    for (const entry of added) {
      at = putVarint(bytes, at, entry.length);
      copyBytes(entry, 0, entry.length, bytes, at);
      at += entry.length;
    }
    copyBytes(this.#buffer, to, this.#buffer.length, bytes, at);
    const count = this.count - Math.min(removed, this.count - index) + added.length;
    return new Packed(bytes, 0, count, this.#splicedStarts(index, removed, added, shift));
  }

  /** The places after a splice, where those before it are known. */
  #splicedStarts(
    index: number,
    removed: number,
    added: readonly Buffer[],
    shift: number,
  ): readonly number[] | undefined {
    if (this.#known === undefined) return undefined;
    const addedStarts: number[] = [];
    let at = this.#startOf(index);
    for (const { length } of added) {
      addedStarts.push(at);
      at += varintBytes(length) + length;
    }
    const starts = this.#known.toSpliced(index, removed, ...addedStarts);
    const [base, behind] = [this.#from, index + added.length];
    for (let place = base === 0 ? behind : 0; place < starts.length; place += 1)
      starts[place] = (starts[place] ?? 0) - base + (place < behind ? 0 : shift);
    return starts;
  }

  /** The entries of a range of indexes, its end excluded. */
  slice(from: number, to: number): Packed {
    const start = this.#startOf(from);
    const entries = this.#buffer.subarray(start, this.#startOf(to));
    const starts = this.#known?.slice(from, to).map((place) => place - start);
    return new Packed(entries, 0, Math.min(to, this.count) - from, starts);
  }

  /** The entries of both, in order. */
  concat(other: Packed): Packed {
    const bytes = Buffer.concat([this.bytes, other.bytes]);
    return new Packed(bytes, 0, this.count + other.count, undefined);
  }

  /** Where an entry begins that there is. */
  #startAt(index: number): number {
    assert(index >= 0 && index < this.count, "an entry there is");
    return this.#startOf(index);
  }

  /** Where the entry at an index begins, or where it would begin behind all others. */
  #startOf(index: number): number {
    if (index >= this.count) return this.#buffer.length;
    if (this.#known !== undefined) return this.#known[index] ?? 0;
    if (index > PASSED_MAX) return this.#starts()[index] ?? 0;
    let start = this.#from;
    for (let passed = 0; passed < index; passed += 1) start = endOf(this.#buffer, start);
    return start;
  }

  #starts(): readonly number[] {
    if (this.#known !== undefined) return this.#known;
    const starts: number[] = [];
    for (let at = this.#from; at < this.#buffer.length; at = endOf(this.#buffer, at)) starts.push(at);
    this.#known = starts;
    return starts;
  }
}

/** Whether bytes at an offset are those of an entry. A loop is faster than a call for short ones, and most differ early. */
function isEqual(buffer: Buffer, at: number, entry: Buffer): boolean {
  const { length } = entry;
  if (length > SHORT_BYTES_MAX) return buffer.compare(entry, 0, length, at, at + length) === 0;
  for (let index = 0; index < length; index += 1) if (buffer[at + index] !== entry[index]) return false;
  return true;
}

/** Where an entry ends that begins at an offset; beyond the end of the buffer when it is not whole. */
function endOf(buffer: Buffer, at: number): number {
  const length = lengthAt(buffer, at);
  return at + varintBytes(length) + length;
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
