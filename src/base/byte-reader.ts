/** Reading what a ByteWriter wrote. Every method throws where the bytes end too soon: data is never guessed at. */
import { assert } from "./assert.ts";

export class ByteReader {
  readonly #buffer: Buffer;
  #position: number;

  constructor(buffer: Buffer, position = 0) {
    this.#buffer = buffer;
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#buffer.length;
  }

  byte(): number {
    const value = this.#buffer[this.#position++];
    assert(value !== undefined, "a record that is complete");
    return value;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      assert(Number.isSafeInteger(value), "a number in its range");
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  text(): string {
    return this.#take(this.varint()).toString("utf8");
  }

  latin1(): string {
    return this.#take(this.varint()).toString("latin1");
  }

  /** A view of the next bytes. */
  raw(length: number): Buffer {
    return this.#take(length);
  }

  #take(length: number): Buffer {
    const end = this.#position + length;
    assert(end <= this.#buffer.length, "a record that is complete");
    const bytes = this.#buffer.subarray(this.#position, end);
    this.#position = end;
    return bytes;
  }
}
