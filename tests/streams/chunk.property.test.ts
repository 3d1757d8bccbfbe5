/** Chunks of entries: what is encoded is read again, from any id on. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ChunkReader,
  emptyChunk,
  encodeChunk,
  entriesOfChunk,
  packEntry,
  packFields,
  type StreamEntry,
  unpackFields,
} from "../../src/streams/chunk.ts";
import { type EntryId, entryId, entryIdOf, ID_MAX, ID_MIN, idAfter } from "../../src/streams/entry-id.ts";

const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 300n }),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(2n ** 53n - 1n, 2n ** 53n, 2n ** 64n - 1n),
);
const ids: fc.Arbitrary<EntryId> = fc.tuple(u64, u64).map(([ms, seq]) => entryIdOf(ms, seq));
const fields = fc
  .array(fc.uint8Array({ maxLength: 200 }), { minLength: 2, maxLength: 6 })
  .map((values) => values.slice(0, values.length & ~1).map((value) => Buffer.from(value)));
const entries: fc.Arbitrary<StreamEntry[]> = fc
  .array(fc.record({ id: ids, fields }), { minLength: 1, maxLength: 20 })
  .map((given) => [...new Map(given.map((entry) => [entry.id, entry])).values()])
  .map((given) => given.sort((a, b) => (a.id < b.id ? -1 : 1)));

function readAll(value: Buffer): StreamEntry[] {
  const reader = new ChunkReader(value);
  const found: StreamEntry[] = [];
  while (reader.next()) found.push(reader.entry);
  return found;
}

test("a chunk decodes to its node and its entries", () => {
  fc.assert(
    fc.property(entries, fc.nat(2 ** 31), (given, node) => {
      const value = encodeChunk(node, given.map(packEntry));
      const reader = new ChunkReader(value);
      expect([reader.node, reader.count]).toEqual([node, given.length]);
      expect([reader.firstId, reader.lastId]).toEqual([given[0]?.id, given.at(-1)?.id]);
      expect(readAll(value)).toEqual(given);
      expect(encodeChunk(node, entriesOfChunk(value))).toEqual(value);
    }),
  );
});

test("seek() stops at the first entry at or above an id", () => {
  fc.assert(
    fc.property(entries, ids, (given, id) => {
      const value = encodeChunk(1, given.map(packEntry));
      for (const wanted of [id, ID_MIN, ID_MAX, ...given.map((entry) => idAfter(entry.id) ?? ID_MAX)]) {
        const reader = new ChunkReader(value);
        const expected = given.findIndex((entry) => entry.id >= wanted);
        expect(reader.seek(wanted)).toBe(expected >= 0);
        if (expected >= 0) expect(reader.entry).toEqual(given[expected]);
      }
    }),
  );
});

describe("a chunk", () => {
  test("is little longer than its fields when the ids are near each other", () => {
    const given = Array.from({ length: 100 }, (_, i) => ({
      id: entryId(1_700_000_000_000 + i, i % 3),
      fields: [Buffer.from("field"), Buffer.from("value")],
    }));
    const packedBytes = given.reduce((sum, entry) => sum + packFields(entry.fields).length, 0);
    expect(encodeChunk(7, given.map(packEntry)).length).toBeLessThanOrEqual(packedBytes + 35 + 3 * 100);
  });

  test("without entries keeps an id", () => {
    const reader = new ChunkReader(emptyChunk(3, entryId(5, 6)));
    expect([reader.node, reader.count, reader.firstId]).toEqual([3, 0, entryId(5, 6)]);
    expect([reader.next(), new ChunkReader(emptyChunk(3, entryId(5, 6))).seek(ID_MIN)]).toEqual([
      false,
      false,
    ]);
  });

  test("is refused when it is cut short, or of an unknown format", () => {
    const value = encodeChunk(1, [
      packEntry({ id: entryId(1, 1), fields: [Buffer.from("a"), Buffer.from("b")] }),
    ]);
    for (let length = 1; length < 19; length += 1) {
      expect(() => new ChunkReader(value.subarray(0, length))).toThrow("a value that is whole");
    }
    const unknown = Buffer.from(value);
    unknown[0] = 9;
    expect(() => new ChunkReader(unknown)).toThrow("stream entries of a known format");
    expect(() => unpackFields(packFields([Buffer.from("a")]))).toThrow("fields and values");
  });
});
