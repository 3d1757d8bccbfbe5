/**
 * Copies of what was read from sockets, many of them in one piece of memory. Requests are views of these copies, and who keeps
 * a part of one keeps the whole piece: so it is not large, and only short copies share one.
 */
const PIECE_BYTES = 16 * 1024;
/** A longer copy has memory of its own. */
const SHARED_BYTES_MAX = PIECE_BYTES / 4;

export class ReadPool {
  #piece = NO_BYTES;
  #used = 0;

  /** The first `count` bytes of a buffer that may change afterwards. */
  copyOf(source: Buffer, count: number): Buffer {
    const copy = count > SHARED_BYTES_MAX ? Buffer.allocUnsafeSlow(count) : this.#room(count);
    source.copy(copy, 0, 0, count);
    return copy;
  }

  #room(count: number): Buffer {
    if (this.#used + count > this.#piece.length) {
      this.#piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += count;
    return this.#piece.subarray(start, this.#used);
  }
}

const NO_BYTES = Buffer.alloc(0);
