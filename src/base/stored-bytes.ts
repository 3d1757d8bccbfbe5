/**
 * Memory for values that go into the store. They stay until a checkpoint has carried them, and what is allocated beside them, such
 * as replies and what a value is put together from, is dropped at once: from the pool of `Buffer.allocUnsafe`, which serves both,
 * each value would keep several times its bytes.
 */
import { BytePool } from "./byte-pool.ts";
import { type Bytes, chars } from "./bytes.ts";

const pool = new BytePool();

/** A buffer for a value, whose contents are anything. */
export function storedBytes(length: number): Buffer {
  return pool.take(length);
}

/** A new buffer with these bytes, for a value. */
export function storedBufferOf(bytes: Bytes): Buffer {
  const text = chars(bytes);
  const buffer = pool.take(text.length);
  buffer.write(text, 0, "latin1");
  return buffer;
}
