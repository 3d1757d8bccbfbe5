import { expect, test } from "vitest";
import { ByteRanges, KeptStrings } from "../../src/base/byte-ranges.ts";
import { EncodedStrings } from "../../src/protocol/encoded-strings.ts";
import { Packed } from "../../src/values/packed.ts";

function strings(count: number, text: string): KeptStrings {
  const bytes = Buffer.from(text.repeat(count));
  return new KeptStrings(
    bytes,
    Array.from({ length: count }, (_, at) => [at * text.length, (at + 1) * text.length]).flat(),
  );
}

test("of() encodes strings once, and says where each begins", () => {
  const encoded = new EncodedStrings();
  const three = strings(3, "abc");
  const first = encoded.of(three);
  expect(first?.bytes.toString()).toBe("$3\r\nabc\r\n".repeat(3));
  expect(first?.starts).toEqual([0, 9, 18, 27]);
  expect(encoded.of(three)).toBe(first);
});

test("of() leaves long strings to be written one by one", () => {
  const encoded = new EncodedStrings();
  expect(encoded.of(strings(1, "x".repeat(9000)))).toBeUndefined();
  expect(encoded.of(strings(90, "x".repeat(100)))).toBeUndefined();
  expect(encoded.size).toBe(0);
});

test("of() forgets what was not used again when two generations are full", () => {
  const encoded = new EncodedStrings(5000);
  const used = strings(10, "used");
  const first = encoded.of(used);
  for (let at = 0; at < 100; at += 1) {
    encoded.of(strings(10, "once"));
    expect(encoded.of(used)).toBe(first);
    expect(encoded.size).toBeLessThan(20);
  }
  const other = strings(10, "other");
  const forgotten = encoded.of(other);
  for (let at = 0; at < 100; at += 1) encoded.of(strings(10, "once"));
  expect(encoded.of(other)).not.toBe(forgotten);
});

test("addTo() adds the same strings whether entries are read for the first time or again", () => {
  const entries = Packed.of(
    Array.from({ length: 40 }, (_, at) => Buffer.from(`${"s".repeat(at)}core-${at}`)),
  );
  for (const [skipped, from, to] of [
    [0, 0, 40],
    [0, 3, 40],
    [0, 7, 33],
    [2, 1, 40],
    [2, 5, 20],
    [0, 0, 40],
  ] as const) {
    const found = new ByteRanges();
    entries.addTo(found, from, to, skipped);
    found.add(Buffer.from("end"), 0, 3);
    const wanted = [...entries.entries()].slice(from, to).map((entry) => entry.subarray(skipped));
    expect(found.views().map(String)).toEqual([...wanted, "end"].map(String));
    expect(found.count).toBe(to - from + 1);
    expect(found.byteLength).toBe(wanted.reduce((sum, { length }) => sum + length, 3));
  }
});
