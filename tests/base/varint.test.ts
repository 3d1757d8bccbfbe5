/** Fields of stored values: what is written is read again. */
import { expect, test } from "vitest";
import { FieldReader, FieldWriter } from "../../src/base/varint.ts";

function readBack(texts: readonly string[]): readonly string[] {
  const writer = new FieldWriter();
  for (const text of texts) writer.text(text);
  const reader = new FieldReader(writer.take());
  const found = texts.map(() => reader.text());
  expect(reader.isAtEnd).toBe(true);
  return found;
}

test("text() reads short and long texts, ASCII or not, each time they come", () => {
  const texts = ["", "a", "waiting", "müde", "x".repeat(24), "x".repeat(25), "é".repeat(12), "\0", "😀"];
  for (let round = 0; round < 3; round += 1) expect(readBack(texts)).toEqual(texts);
});

test("text() tells texts apart that share a place among those that are known", () => {
  // Far more than there are places; "Aa" and "BB" have the same hash.
  const texts = Array.from({ length: 20_000 }, (_, number) => `state${number % 10_000}`);
  texts.push("Aa", "BB", "Aa", "AaBB", "BBAa", "BBBB");
  expect(readBack(texts)).toEqual(texts);
});

test("text() is not changed by what becomes of the bytes that it was read from", () => {
  const writer = new FieldWriter();
  writer.text("paid");
  const bytes = writer.take();
  const text = new FieldReader(bytes).text();
  bytes.fill(0x7a);
  expect(text).toBe("paid");
  writer.text("paid");
  expect(new FieldReader(writer.take()).text()).toBe("paid");
});
