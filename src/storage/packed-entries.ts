/**
 * Keys with their values as bytes, one behind the other in long pieces of memory, each known by its place. The bytes of a
 * piece are never overwritten, so that a value can be a view of them. Values that `packs` refuses, and long ones, are
 * kept as the buffers they are.
 *
 * | bytes | field                                                             |
 * | ----- | ----------------------------------------------------------------- |
 * | 2     | length of the key                                                 |
 * | 2     | length of the value, REMOVED or OBJECT                            |
 * |       | the key                                                           |
 * |       | the value; of a buffer of its own its number, u32; else nothing   |
 */
import { assert } from "../base/assert.ts";
import { copyBytes } from "../base/copy-bytes.ts";

/** Whether a value may be another buffer with the same bytes whenever it is read. */
export type Packs = (key: string, value: Buffer) => boolean;

/** Places are 32 bits: the piece in the upper half, the byte in the lower one. */
const PIECE_BITS = 16;
const PIECE_BYTES = 1 << PIECE_BITS;
const PIECES_MAX = 1 << (32 - PIECE_BITS);

const HEAD_BYTES = 4;
const REMOVED = 0xffff;
const OBJECT = 0xfffe;
const NUMBER_BYTES = 4;
const PACKED_BYTES_MAX = 512;
/** Up to here a loop is faster than a call that writes a string. */
const SHORT_KEY_MAX = 48;

export class PackedEntries {
  readonly #packs: Packs;
  readonly #pieces: Buffer[] = [];
  /** Where the last piece goes on. */
  #end = PIECE_BYTES;
  #bytes = 0;
  /** Values that are buffers of their own. */
  readonly #objects: (Buffer | undefined)[] = [];
  readonly #freeNumbers: number[] = [];

  constructor(packs: Packs) {
    this.#packs = packs;
  }

  /** Bytes of memory, about: what was replaced takes some too. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds an entry, null for a key that is removed; its place, which is not 0.
   * @param former the place of another entry of the key, 0 where there is none: its bytes are sooner copied than those of a string
   */
  add(key: string, value: Buffer | null, former: number): number {
    const isPacked = value !== null && value.length <= PACKED_BYTES_MAX && this.#packs(key, value);
    const valueBytes = value === null ? 0 : isPacked ? value.length : NUMBER_BYTES;
    const place = this.#reserved(HEAD_BYTES + key.length + valueBytes);
    const piece = this.#pieceOf(place);
    const at = place & (PIECE_BYTES - 1);
    putU16(piece, at, key.length);
    putU16(piece, at + 2, value === null ? REMOVED : isPacked ? value.length : OBJECT);
    const keyAt = at + HEAD_BYTES;
    if (former === 0) putKey(piece, keyAt, key);
    else {
      const from = (former & (PIECE_BYTES - 1)) + HEAD_BYTES;
      copyBytes(this.#pieceOf(former), from, from + key.length, piece, keyAt);
    }
    const valueAt = keyAt + key.length;
    if (value === null) return place;
    if (isPacked) copyBytes(value, 0, value.length, piece, valueAt);
    else piece.writeUInt32LE(this.#kept(value), valueAt);
    return place;
  }

  /** Whether the entry at a place has this key. */
  isAt(place: number, key: string): boolean {
    const piece = this.#pieceOf(place);
    const at = place & (PIECE_BYTES - 1);
    const { length } = key;
    if (u16(piece, at) !== length) return false;
    const keyAt = at + HEAD_BYTES;
    for (let index = 0; index < length; index += 1)
      if (piece[keyAt + index] !== key.charCodeAt(index)) return false;
    return true;
  }

  keyAt(place: number): string {
    const piece = this.#pieceOf(place);
    const at = place & (PIECE_BYTES - 1);
    return piece.latin1Slice(at + HEAD_BYTES, at + HEAD_BYTES + u16(piece, at));
  }

  /** Null for a key that is removed. */
  valueAt(place: number): Buffer | null {
    const piece = this.#pieceOf(place);
    const at = place & (PIECE_BYTES - 1);
    const length = u16(piece, at + 2);
    if (length === REMOVED) return null;
    const valueAt = at + HEAD_BYTES + u16(piece, at);
    if (length !== OBJECT) return piece.subarray(valueAt, valueAt + length);
    const object = this.#objects[piece.readUInt32LE(valueAt)];
    assert(object !== undefined, "a buffer of its own");
    return object;
  }

  /** The value where it is not bytes in a piece, null for a key that is removed; undefined where it is. */
  bufferAt(place: number): Buffer | null | undefined {
    return u16(this.#pieceOf(place), (place & (PIECE_BYTES - 1)) + 2) < OBJECT
      ? undefined
      : this.valueAt(place);
  }

  /** The entry at a place is no longer the one of its key: a buffer of its own is not kept. */
  release(place: number): void {
    const piece = this.#pieceOf(place);
    const at = place & (PIECE_BYTES - 1);
    if (u16(piece, at + 2) !== OBJECT) return;
    const number = piece.readUInt32LE(at + HEAD_BYTES + u16(piece, at));
    this.#bytes -= this.#objects[number]?.length ?? 0;
    this.#objects[number] = undefined;
    this.#freeNumbers.push(number);
  }

  #pieceOf(place: number): Buffer {
    const piece = this.#pieces[place >>> PIECE_BITS];
    assert(piece !== undefined, "a place in a piece");
    return piece;
  }

  #reserved(bytes: number): number {
    if (this.#end + bytes > PIECE_BYTES) {
      assert(this.#pieces.length < PIECES_MAX && bytes < PIECE_BYTES, "room for an entry");
      this.#end = this.#pieces.length === 0 ? 1 : 0;
      this.#pieces.push(Buffer.allocUnsafeSlow(PIECE_BYTES));
    }
    const at = this.#end;
    this.#end += bytes;
    this.#bytes += bytes;
    return ((this.#pieces.length - 1) << PIECE_BITS) | at;
  }

  #kept(value: Buffer): number {
    const number = this.#freeNumbers.pop() ?? this.#objects.length;
    this.#objects[number] = value;
    this.#bytes += value.length;
    return number;
  }
}

function u16(piece: Buffer, at: number): number {
  return (piece[at] ?? 0) | ((piece[at + 1] ?? 0) << 8);
}

function putKey(piece: Buffer, at: number, key: string): void {
  if (key.length > SHORT_KEY_MAX) piece.write(key, at, "latin1");
  else for (let index = 0; index < key.length; index += 1) piece[at + index] = key.charCodeAt(index);
}

function putU16(piece: Buffer, at: number, value: number): void {
  piece[at] = value & 255;
  piece[at + 1] = value >>> 8;
}
