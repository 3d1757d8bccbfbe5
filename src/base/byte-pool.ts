/**
 * Memory for many short byte strings in pieces that are never used again: who keeps a part of a piece keeps the whole of it. So pieces
 * are not large, and byte strings that are kept for different times are best taken from different pools.
 */
const PIECE_BYTES = 16 * 1024;
/** A longer one has memory of its own. */
const SHARED_BYTES_MAX = PIECE_BYTES / 4;

export class BytePool {
  #piece: Buffer = NO_BYTES;
  #used = 0;

  /** So many bytes, whose contents are anything. */
  take(length: number): Buffer {
    if (length > SHARED_BYTES_MAX) return Buffer.allocUnsafeSlow(length);
    if (this.#used + length > this.#piece.length) {
      this.#piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += length;
    return this.#piece.subarray(start, this.#used);
  }
}

const NO_BYTES = Buffer.alloc(0);
