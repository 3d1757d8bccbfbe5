/**
 * Numbers in as many bytes as they need: seven bits to a byte, the lowest first, with the top bit set in every byte
 * but the last. From 0 to Number.MAX_SAFE_INTEGER.
 */
import { assert } from "./assert.ts";

const MORE = 128;
/** Up to here bit operations are exact. */
const SMALL_MAX = 0x7fff_ffff;

/** How many bytes `putVarint` takes for a number. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let left = value; left >= MORE; left = Math.floor(left / MORE)) bytes += 1;
  return bytes;
}

/** Writes a number at `at`; returns where the next byte goes. */
export function putVarint(target: Uint8Array, at: number, value: number): number {
  let position = at;
  let left = value;
  while (left > SMALL_MAX) {
    target[position] = (left % MORE) + MORE;
    left = Math.floor(left / MORE);
    position += 1;
  }
  while (left >= MORE) {
    target[position] = (left & 127) | MORE;
    left >>>= 7;
    position += 1;
  }
  target[position] = left;
  return position + 1;
}

/** Reads a value of a store field by field. @throws Error when it ends before a field does */
export class FieldReader {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    const value = this.bytes[this.at];
    assert(value !== undefined, "a value that is whole");
    this.at += 1;
    return value;
  }

  varint(): number {
    let byte = this.byte();
    if (byte < MORE) return byte;
    let value = byte - MORE;
    let factor = MORE;
    do {
      byte = this.byte();
      value += (byte % MORE) * factor;
      factor *= MORE;
    } while (byte >= MORE);
    assert(value <= Number.MAX_SAFE_INTEGER, "a number that is exact");
    return value;
  }

  skip(length: number): void {
    this.at += length;
    assert(this.at <= this.bytes.length, "a value that is whole");
  }

  /** A text in UTF-8 behind its length in bytes. */
  text(): string {
    const length = this.varint();
    const from = this.at;
    this.skip(length);
    return length <= KNOWN_BYTES_MAX
      ? knownText(this.bytes, from, this.at)
      : this.bytes.toString("utf8", from, this.at);
  }

  /** So many characters below 256, a byte each. */
  latin1(length: number): string {
    const from = this.at;
    this.skip(length);
    return this.bytes.toString("latin1", from, this.at);
  }

  /** A view of the next bytes. */
  view(length: number): Buffer {
    const end = this.at + length;
    assert(end <= this.bytes.length, "a value that is whole");
    const view = this.bytes.subarray(this.at, end);
    this.at = end;
    return view;
  }

  /** A view of all bytes that are left. */
  rest(): Buffer {
    return this.view(this.bytes.length - this.at);
  }
}

/**
 * Names of states, events and definitions come again and again: to find the string is faster than to make one, and there is one
 * in memory instead of thousands. A text is looked for where its bytes say; another one takes the place over.
 */
const knownTexts: (string | undefined)[] = new Array<undefined>(4096).fill(undefined);
const KNOWN_BYTES_MAX = 24;

function knownText(bytes: Buffer, from: number, to: number): string {
  let hash = 0;
  let all = 0;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    all |= byte;
    hash = (hash * 31 + byte) | 0;
  }
  if (all > 127) return bytes.toString("utf8", from, to);
  const place = (hash ^ (hash >>> 12)) & 4095;
  const known = knownTexts[place];
  if (known !== undefined && isText(known, bytes, from, to)) return known;
  const text = bytes.latin1Slice(from, to);
  knownTexts[place] = text;
  return text;
}

function isText(text: string, bytes: Buffer, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let at = from; at < to; at += 1) if (text.charCodeAt(at - from) !== bytes[at]) return false;
  return true;
}

const LOOP_BYTES_MAX = 32;

/** Writes a value of a store field by field. */
export class FieldWriter {
  #bytes = Buffer.allocUnsafeSlow(4096);
  #at = 0;

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#at] = value;
    this.#at += 1;
  }

  varint(value: number): void {
    this.#room(VARINT_BYTES_MAX);
    this.#at = putVarint(this.#bytes, this.#at, value);
  }

  i64(value: bigint): void {
    this.#room(8);
    this.#at = this.#bytes.writeBigInt64BE(value, this.#at);
  }

  f64(value: number): void {
    this.#room(8);
    this.#at = this.#bytes.writeDoubleBE(value, this.#at);
  }

  view(bytes: Buffer): void {
    const { length } = bytes;
    this.#room(length);
    // A call of `set` takes as long as a loop over so many.
    if (length > LOOP_BYTES_MAX) this.#bytes.set(bytes, this.#at);
    else for (let index = 0; index < length; index += 1) this.#bytes[this.#at + index] = bytes[index] ?? 0;
    this.#at += length;
  }

  /** Characters below 256, a byte each. */
  latin1(text: string): void {
    this.#room(text.length);
    for (let index = 0; index < text.length; index += 1)
      this.#bytes[this.#at + index] = text.charCodeAt(index);
    this.#at += text.length;
  }

  /** A text in UTF-8 behind its length in bytes. */
  text(value: string): void {
    if (value.length <= SHORT_TEXT_LENGTH && this.#shortAscii(value)) return;
    const bytes = Buffer.byteLength(value, "utf8");
    this.varint(bytes);
    this.#room(bytes);
    this.#at += this.#bytes.write(value, this.#at, "utf8");
  }

  /** The value written since the last `take`, in a buffer of its own from `allocate`. */
  take(allocate: (length: number) => Buffer = Buffer.allocUnsafe): Buffer {
    const value = allocate(this.#at);
    value.set(this.#bytes.subarray(0, this.#at));
    this.#at = 0;
    if (this.#bytes.length > SCRATCH_BYTES_MAX) this.#bytes = Buffer.allocUnsafeSlow(4096);
    return value;
  }

  /** False, and nothing written, when a character is not ASCII. */
  #shortAscii(value: string): boolean {
    this.#room(SHORT_TEXT_LENGTH + 1);
    const start = this.#at + 1;
    for (let index = 0; index < value.length; index += 1) {
      const code = value.charCodeAt(index);
      if (code > 127) return false;
      this.#bytes[start + index] = code;
    }
    this.#bytes[this.#at] = value.length;
    this.#at = start + value.length;
    return true;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.#at + bytes));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}

const VARINT_BYTES_MAX = 8;
/** Texts up to this length are written character by character: a call into the runtime costs more. */
const SHORT_TEXT_LENGTH = 40;
const SCRATCH_BYTES_MAX = 64 * 1024;
