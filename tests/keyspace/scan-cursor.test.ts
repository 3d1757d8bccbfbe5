import fc from "fast-check";
import { expect, test } from "vitest";
import { scanCursor, scanPosition } from "../../src/keyspace/scan-cursor.ts";

const id = fc.oneof(
  fc.integer({ min: 1, max: 2000 }),
  fc.integer({ min: 1, max: 2 ** 38 }),
  fc.maxSafeInteger().map((value) => Math.max(1, Math.abs(value) % 2 ** 49)),
);

test("scanPosition() returns the start of a cursor, and an end at or shortly after the true one", () => {
  fc.assert(
    fc.property(id, id, (from, last) => {
      const position = scanPosition(scanCursor({ from, last }));
      expect(position.from).toBe(from);
      expect(position.last).toBeGreaterThanOrEqual(last);
      expect(position.last).toBeLessThanOrEqual(last * 1.004 + 1);
      // Going on and on does not move the end.
      expect(scanPosition(scanCursor({ from: from + 1, last: position.last })).last).toBe(position.last);
    }),
  );
});

test("scanCursor() stays within the integers a double holds while ids do not pass 2^38", () => {
  expect(scanCursor({ from: 2 ** 38 - 1, last: 2 ** 38 - 1 })).toBeLessThan(2n ** 53n);
  expect(scanCursor({ from: 1, last: 1 })).toBeGreaterThan(0n);
});

test("scanPosition() takes any number for a cursor", () => {
  for (const cursor of [1n, 5n, 32767n, 2n ** 64n - 1n]) {
    const { from, last } = scanPosition(cursor);
    expect(Number.isSafeInteger(from) && Number.isSafeInteger(last)).toBe(true);
  }
});
