import fc from "fast-check";
import { expect, test } from "vitest";
import { raw } from "../../src/base/bytes.ts";
import {
  EXPIRY_TIME_MAX,
  expiryTime,
  expiryTimeAt,
  readExpiryTime,
  sortableExpiryTime,
  timeLeft,
  writeExpiryTime,
} from "../../src/keyspace/expiry-time.ts";

const EDGE = BigInt(Number.MAX_SAFE_INTEGER);
/** Any time, those around the edge between numbers and bigints often. */
const time = fc
  .oneof(
    fc.bigInt({ min: 1n, max: EXPIRY_TIME_MAX }),
    fc.bigInt({ min: EDGE - 3n, max: EDGE + 3n }),
    fc.bigInt({ min: 1n, max: 2n ** 42n }),
  )
  .map(expiryTime);

test("expiryTime() is a number where a number is exact", () => {
  expect(expiryTime(EDGE)).toBe(Number.MAX_SAFE_INTEGER);
  expect(expiryTime(EDGE + 1n)).toBe(EDGE + 1n);
});

test("readExpiryTime() reads what writeExpiryTime() wrote, and what a float64 was", () => {
  const buffer = Buffer.alloc(10);
  fc.assert(
    fc.property(time, (value) => {
      writeExpiryTime(buffer, 1, value);
      expect(readExpiryTime(buffer, 1)).toBe(value);
    }),
  );
  buffer.writeDoubleBE(1_700_000_000_000, 1);
  expect(readExpiryTime(buffer, 1)).toBe(1_700_000_000_000);
});

test("sortableExpiryTime() sorts as the times, and expiryTimeAt() reads it", () => {
  fc.assert(
    fc.property(time, time, (a, b) => {
      const [left, right] = [sortableExpiryTime(a), sortableExpiryTime(b)];
      expect(left < right).toBe(a < b);
      expect(left.length).toBe(8);
      expect(expiryTimeAt(raw(`x${left}`), 1)).toBe(a);
    }),
  );
});

test("timeLeft() is exact", () => {
  expect(timeLeft(1_000, 400)).toBe(600);
  expect(timeLeft(EXPIRY_TIME_MAX, 1)).toBe(EXPIRY_TIME_MAX - 1n);
});
