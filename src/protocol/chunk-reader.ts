/**
 * The bytes of one connection, in the chunks they arrived in. Elements (a line, an argument) are read where they
 * lie, without a copy; only one that continues in a later chunk is gathered in `#carry`. Each method that reads an
 * element returns undefined until the whole of it has arrived, and looks at no byte twice.
 */
export class ChunkReader {
  /** The chunk being read, from `at` on. Public for the decoder's fast path. */
  chunk: Buffer = NO_BYTES;
  at = 0;
  /** Chunks that arrived behind `chunk`, and how many bytes they hold. */
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  /** Beginning of an element whose end has not arrived, `#carryLength` bytes of it. */
  #carry: Buffer = NO_BYTES;
  #carryLength = 0;

  /** Adds bytes; they must not change afterwards. */
  push(chunk: Buffer): void {
    if (this.at === this.chunk.length && this.#queue.length === 0) {
      this.chunk = chunk;
      this.at = 0;
    } else {
      this.#queue.push(chunk);
      this.#queuedBytes += chunk.length;
    }
  }

  /** Goes on to the next chunk; false when none has arrived. */
  nextChunk(): boolean {
    const chunk = this.#queue.shift();
    this.chunk = chunk ?? NO_BYTES;
    this.at = 0;
    this.#queuedBytes -= this.chunk.length;
    return chunk !== undefined;
  }

  /** Bytes not yet read. */
  get byteLength(): number {
    return this.chunk.length - this.at + this.#queuedBytes + this.#carryLength;
  }

  /** Room for more of the element that has been begun. */
  get freeBytes(): number {
    return this.#carry.length - this.#carryLength;
  }

  /** No element has been begun in an earlier chunk. */
  get isBetweenElements(): boolean {
    return this.#carryLength === 0;
  }

  /** The first byte of the element at hand. */
  get firstByte(): number | undefined {
    return this.#carryLength > 0 ? this.#carry[0] : this.chunk[this.at];
  }

  /**
   * A header line up to its CR; the byte after the CR is skipped unseen, as Redis does.
   * "tooLong" as soon as more than `bytesMax` bytes without a CR are there.
   */
  headerLine(bytesMax: number): Buffer | "tooLong" | undefined {
    const carried = this.#carryLength;
    // The CR was the last byte of an earlier chunk: only the byte after it is missing.
    const hasCarriedEnd = carried > 0 && this.#carry[carried - 1] === CR;
    const end = hasCarriedEnd ? this.at - 1 : this.chunk.indexOf(CR, this.at);
    const hasEnd = hasCarriedEnd || end >= 0;
    const length = carried + (hasEnd ? end : this.chunk.length) - this.at;
    if (length > bytesMax) return "tooLong";
    if (!hasEnd || end + 1 >= this.chunk.length) {
      this.#gather(this.chunk.length - this.at);
      return undefined;
    }
    return this.#take(length, end + 2 - this.at);
  }

  /**
   * A line up to LF or CRLF. "tooLong" as soon as it is clear that the line without its ending exceeds `bytesMax`.
   */
  textLine(bytesMax: number): Buffer | "tooLong" | undefined {
    const carried = this.#carryLength;
    const end = this.chunk.indexOf(LF, this.at);
    const stop = end >= 0 ? end : this.chunk.length;
    const last = stop > this.at ? this.chunk[stop - 1] : this.#carry[carried - 1];
    const length = carried + stop - this.at;
    const textLength = length > 0 && last === CR ? length - 1 : length;
    if (textLength > bytesMax) return "tooLong";
    if (end < 0) {
      this.#gather(this.chunk.length - this.at);
      return undefined;
    }
    return this.#take(textLength, end + 1 - this.at);
  }

  /** `length` bytes; the two bytes after them are skipped unseen, as Redis does. */
  bulk(length: number): Buffer | undefined {
    const wanted = length + 2 - this.#carryLength;
    const available = this.chunk.length - this.at;
    if (available < wanted) {
      this.#gather(available);
      return undefined;
    }
    return this.#take(length, wanted);
  }

  /** Forgets everything. */
  clear(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
    this.chunk = NO_BYTES;
    this.at = 0;
    this.#carry = NO_BYTES;
    this.#carryLength = 0;
  }

  /** Consumes `count` bytes of the chunk and returns the first `length` bytes of the element that ends there. */
  #take(length: number, count: number): Buffer {
    if (this.#carryLength === 0) {
      const start = this.at;
      this.at = start + count;
      return this.chunk.subarray(start, start + length);
    }
    this.#gather(count);
    const taken = this.#carry.subarray(0, length);
    this.#carry = NO_BYTES;
    this.#carryLength = 0;
    return taken;
  }

  /** Moves `count` bytes from the chunk to `#carry`, which grows by doubling: linear cost, at most twice the bytes. */
  #gather(count: number): void {
    const length = this.#carryLength + count;
    if (length > this.#carry.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#carry.length, CARRY_BYTES_MIN));
      this.#carry.copy(grown, 0, 0, this.#carryLength);
      this.#carry = grown;
    }
    this.chunk.copy(this.#carry, this.#carryLength, this.at, this.at + count);
    this.at += count;
    this.#carryLength = length;
  }
}

const NO_BYTES = Buffer.alloc(0);
const CARRY_BYTES_MIN = 64;
const CR = 0x0d;
const LF = 0x0a;
