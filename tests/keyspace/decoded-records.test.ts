/** Decoded records are found again by their bytes, within a bound of memory. */
import { expect, test } from "vitest";
import { DecodedRecords } from "../../src/keyspace/decoded-records.ts";
import { encodeRecord } from "../../src/keyspace/records.ts";

function stored(type: "machine" | "hash", payloadBytes: number): Buffer {
  return encodeRecord({ type, expireAtMs: 0, id: 7, payload: Buffer.alloc(payloadBytes, "x") });
}

test("of() gives the same record of a machine for the same buffer, and counts", () => {
  const records = new DecodedRecords();
  const buffer = stored("machine", 10);
  const record = records.of(buffer);
  expect(records.of(buffer)).toBe(record);
  expect(records.of(Buffer.from(buffer))).not.toBe(record);
  expect([records.hits, records.misses]).toEqual([1, 2]);
});

test("of() keeps nothing of types that are read fast", () => {
  const records = new DecodedRecords();
  const buffer = stored("hash", 10);
  expect(records.of(buffer)).not.toBe(records.of(buffer));
  expect(records.bytes).toBe(0);
});

test("of() stays within its bound, and keeps what is asked for again and again", () => {
  const records = new DecodedRecords(20_000);
  const favourite = stored("machine", 10);
  const record = records.of(favourite);
  for (let count = 0; count < 100; count += 1) {
    records.of(stored("machine", 100));
    expect(records.of(favourite)).toBe(record);
    expect(records.bytes).toBeLessThanOrEqual(20_000);
  }
});

test("of() does not keep what takes more than half of the bound", () => {
  const records = new DecodedRecords(20_000);
  records.of(stored("machine", 10_000));
  expect(records.bytes).toBe(0);
});

test("forget() lets go of a record at once, whichever half has it", () => {
  const records = new DecodedRecords(20_000);
  const buffer = stored("machine", 10);
  const record = records.of(buffer);
  for (let count = 0; count < 8; count += 1) records.of(stored("machine", 10));
  const bytes = records.bytes;
  expect(records.of(buffer)).toBe(record);
  records.forget(record);
  expect(records.bytes).toBeLessThan(bytes);
  expect(records.of(buffer)).not.toBe(record);
  records.limit(0, 1);
  expect(records.bytes).toBe(0);
});

test("limit() forgets at once what is too much, and with 0 keeps nothing", () => {
  const records = new DecodedRecords(100_000);
  const buffer = stored("machine", 10);
  for (let count = 0; count < 10; count += 1) records.of(stored("machine", 100));
  records.limit(undefined, 1 / 100);
  expect(records.bytes).toBe(0);
  records.limit(0, 1);
  expect(records.of(buffer)).not.toBe(records.of(buffer));
  expect(records.bytes).toBe(0);
});
