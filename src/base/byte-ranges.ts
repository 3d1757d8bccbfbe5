/**
 * Many byte strings where they stand, as ranges of buffers: for a reply such as that of LRANGE, which then costs a copy
 * of each string. A Buffer object for each costs a tenth of a microsecond to make, and as much again to pass on.
 */
import { assert } from "./assert.ts";

/** All strings of a buffer that does not change, which several replies are made of. */
export class KeptStrings {
  readonly bytes: Buffer;
  /** Where each string begins and ends, by turns. */
  readonly places: readonly number[];
  /** The bytes of the strings before each, and of all. */
  readonly #sums: number[] = [0];

  constructor(bytes: Buffer, places: readonly number[]) {
    this.bytes = bytes;
    this.places = places;
    let sum = 0;
    for (let at = 0; at < places.length; at += 2) {
      sum += (places[at + 1] ?? 0) - (places[at] ?? 0);
      this.#sums.push(sum);
    }
  }

  get count(): number {
    return this.#sums.length - 1;
  }

  /** Bytes of the strings of a range of indexes, its end excluded. */
  byteLength(from: number, to: number): number {
    const [before, all] = [this.#sums[from], this.#sums[to]];
    assert(before !== undefined && all !== undefined, "strings there are");
    return all - before;
  }
}

export interface RangesOfBuffer {
  readonly bytes: Buffer;
  /** Where each string begins and ends, by turns. */
  readonly places: readonly number[];
  /** The strings from `first` to before `end` belong to the reply. */
  readonly first: number;
  readonly end: number;
  /** Set when other replies are made of these strings too. */
  readonly kept: KeptStrings | undefined;
}

export class ByteRanges {
  readonly #buffers: RangesOfBuffer[] = [];
  /** The latest buffer, to which `add` adds. */
  #latest: { bytes: Buffer; places: number[]; first: number; end: number; kept: undefined } | undefined;
  #count = 0;
  #byteLength = 0;

  get count(): number {
    return this.#count;
  }

  /** Bytes of all of them together. */
  get byteLength(): number {
    return this.#byteLength;
  }

  get buffers(): readonly RangesOfBuffer[] {
    return this.#buffers;
  }

  /** Adds the bytes of a buffer from a place to below another one; they must not change while this is used. */
  add(bytes: Buffer, from: number, to: number): void {
    let latest = this.#latest;
    if (latest?.bytes !== bytes) {
      latest = { bytes, places: [], first: 0, end: 0, kept: undefined };
      this.#latest = latest;
      this.#buffers.push(latest);
    }
    latest.places.push(from, to);
    latest.end += 1;
    this.#count += 1;
    this.#byteLength += to - from;
  }

  /** Adds strings of a range of indexes, its end excluded. */
  addKept(kept: KeptStrings, from: number, to: number): void {
    if (from >= to) return;
    this.#latest = undefined;
    this.#buffers.push({ bytes: kept.bytes, places: kept.places, first: from, end: to, kept });
    this.#count += to - from;
    this.#byteLength += kept.byteLength(from, to);
  }

  /** A view of each, for who needs them one by one. */
  views(): Buffer[] {
    const views: Buffer[] = [];
    for (const { bytes, places, first, end } of this.#buffers)
      for (let at = 2 * first; at < 2 * end; at += 2) views.push(bytes.subarray(places[at], places[at + 1]));
    return views;
  }
}
