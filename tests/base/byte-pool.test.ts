import { expect, test } from "vitest";
import { BytePool } from "../../src/base/byte-pool.ts";
import { bytesOfText } from "../../src/base/bytes.ts";
import { storedBufferOf } from "../../src/base/stored-bytes.ts";

test("BytePool.take() shares pieces of 16 KB among short buffers, which do not overlap", () => {
  const pool = new BytePool();
  const taken = Array.from({ length: 100 }, (_, at) => pool.take(at * 10).fill(at));
  for (const [at, buffer] of taken.entries()) expect(buffer).toEqual(Buffer.alloc(at * 10, at));
  const pieces = new Set(taken.filter(({ length }) => length > 0).map(({ buffer }) => buffer));
  for (const piece of pieces) expect(piece.byteLength).toBe(16 * 1024);
  expect(pieces.size).toBeLessThan(5);
});

test("BytePool.take() gives a long buffer memory of its own", () => {
  expect(new BytePool().take(5000).buffer.byteLength).toBe(5000);
});

test("storedBufferOf() has the bytes that it is given", () => {
  expect(storedBufferOf(bytesOfText("key:é"))).toEqual(Buffer.from("key:é"));
});
