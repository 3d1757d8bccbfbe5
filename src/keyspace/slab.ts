/**
 * Many short byte strings in a few large buffers, each known by a number. A buffer of its own costs the collector more
 * than the bytes it holds; what stands here is dropped as a whole.
 */
import { assert } from "../base/assert.ts";

const CHUNK_BYTES = 1 << 20;
const LENGTH_BYTES = 4;

export class Slab {
  readonly #chunks: Buffer[] = [];
  #used = CHUNK_BYTES;

  /** Takes a copy; the number is below 2^53 and stands for these bytes as long as the slab lives. */
  add(bytes: Buffer): number {
    const needed = LENGTH_BYTES + bytes.length;
    if (this.#used + needed > CHUNK_BYTES) {
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, needed)));
      this.#used = 0;
    }
    const index = this.#chunks.length - 1;
    const chunk = this.#chunks[index];
    assert(chunk !== undefined, "a chunk with room");
    const at = this.#used;
    chunk.writeUInt32LE(bytes.length, at);
    chunk.set(bytes, at + LENGTH_BYTES);
    this.#used += needed;
    return index * CHUNK_BYTES + at;
  }

  /** A view of the bytes of a number. */
  at(number: number): Buffer {
    const chunk = this.#chunks[Math.floor(number / CHUNK_BYTES)];
    assert(chunk !== undefined, "a number of this slab");
    const at = number % CHUNK_BYTES;
    return chunk.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + chunk.readUInt32LE(at));
  }
}
