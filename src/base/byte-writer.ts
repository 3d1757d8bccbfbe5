/**
 * Writing binary records: a scratch buffer that grows, from which each finished record is copied. Lengths and counts are
 * varints, seven bits a byte, the lowest first; texts are UTF-8 behind their length in bytes.
 */

const SCRATCH_BYTES = 64 * 1024;
/** A scratch buffer up to this size is kept for the next record. */
const SCRATCH_BYTES_MAX = 1024 * 1024;
/** Texts up to this length are written character by character: a call into the runtime costs more. */
const SHORT_TEXT_LENGTH = 40;
const VARINT_BYTES_MAX = 8;

export class ByteWriter {
  #buffer = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#room(1);
    this.#buffer[this.#length++] = value;
  }

  /** A safe integer from 0 on. */
  varint(value: number): void {
    this.#room(VARINT_BYTES_MAX);
    const buffer = this.#buffer;
    let rest = value;
    while (rest >= 0x8000_0000) {
      buffer[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 128) {
      buffer[this.#length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    buffer[this.#length++] = rest;
  }

  text(value: string): void {
    if (value.length <= SHORT_TEXT_LENGTH && this.#shortAscii(value)) return;
    const bytes = Buffer.byteLength(value, "utf8");
    this.varint(bytes);
    this.#room(bytes);
    this.#buffer.write(value, this.#length, "utf8");
    this.#length += bytes;
  }

  /** A string in which each character is a byte. */
  latin1(value: string): void {
    this.varint(value.length);
    this.#room(value.length);
    this.#buffer.write(value, this.#length, "latin1");
    this.#length += value.length;
  }

  /** Bytes as they are, without their length. */
  raw(bytes: Buffer): void {
    this.#room(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A copy of what has been written since `start`. */
  copyFrom(start: number): Buffer {
    return Buffer.from(this.#buffer.subarray(start, this.#length));
  }

  /** A copy of what has been written; the writer is empty again. */
  take(): Buffer {
    const record = this.copyFrom(0);
    this.#length = 0;
    if (this.#buffer.length > SCRATCH_BYTES_MAX) this.#buffer = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    return record;
  }

  #shortAscii(value: string): boolean {
    this.#room(SHORT_TEXT_LENGTH + 1);
    const buffer = this.#buffer;
    const start = this.#length + 1;
    for (let index = 0; index < value.length; index += 1) {
      const code = value.charCodeAt(index);
      if (code > 127) return false;
      buffer[start + index] = code;
    }
    buffer[this.#length] = value.length;
    this.#length = start + value.length;
    return true;
  }

  #room(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
