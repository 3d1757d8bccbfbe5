import { expect, test } from "vitest";
import { crc64 } from "../../src/base/crc64.ts";

test("crc64() gives the check value of the polynomial", () => {
  expect(crc64(Buffer.from("123456789")).readBigUInt64LE()).toBe(0xe9c6d914c4b8d9can);
  expect(crc64(Buffer.alloc(0)).readBigUInt64LE()).toBe(0n);
});
