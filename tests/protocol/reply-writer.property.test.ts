import fc from "fast-check";
import Parser from "redis-parser";
import { describe, expect, it } from "vitest";
import { ByteRanges, KeptStrings } from "../../src/base/byte-ranges.ts";
import type { Reply } from "../../src/protocol/reply.ts";
import { ReplyWriter } from "../../src/protocol/reply-writer.ts";

/** A reply and what redis-parser makes of its RESP2 bytes: strings in Latin-1, integers in decimal, errors by their message. */
type Pair = { readonly reply: Reply; readonly parsed: unknown };

const latin1 = (bytes: Buffer) => bytes.toString("latin1");

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.string({ minLength: 25, maxLength: 40 }),
);
const line = text.map((value) => value.replace(/[\r\n\0]/g, ""));

const scalar = fc.oneof(
  fc.constant<Pair>({ reply: null, parsed: null }),
  fc.maxSafeInteger().map<Pair>((value) => ({ reply: value, parsed: String(value) })),
  fc.integer({ min: -100, max: 100_000 }).map<Pair>((value) => ({ reply: value, parsed: String(value) })),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map<Pair>((value) => ({ reply: value, parsed: String(value) })),
  text.map<Pair>((value) => ({ reply: value, parsed: latin1(Buffer.from(value)) })),
  fc.uint8Array({ maxLength: 100 }).map<Pair>((array) => {
    return { reply: Buffer.from(array), parsed: latin1(Buffer.from(array)) };
  }),
  fc.constantFrom(16_383, 16_384, 40_000).map<Pair>((size) => {
    return { reply: Buffer.alloc(size, "x"), parsed: "x".repeat(size) };
  }),
  line.map<Pair>((value) => ({ reply: { kind: "simple", text: value }, parsed: latin1(Buffer.from(value)) })),
  line.map<Pair>((value) => ({ reply: { kind: "error", message: `ERR ${value}` }, parsed: `ERR ${value}` })),
);

/** Strings of two buffers, each with a byte between it and the next one; each twice, as a map needs an even number. */
function bulksOf(shape: "array" | "set" | "map", arrays: readonly Uint8Array[]): Pair {
  const strings = new ByteRanges();
  for (const array of arrays) {
    const bytes = Buffer.concat([array, Buffer.from("-"), array]);
    strings.add(bytes, 0, array.length);
    strings.add(bytes, array.length + 1, bytes.length);
  }
  return {
    reply: { kind: "bulks", shape, strings },
    parsed: arrays.flatMap((array) => [latin1(Buffer.from(array)), latin1(Buffer.from(array))]),
  };
}

/** Strings of a buffer that several replies are made of, all but the first and the last of them. */
function keptOf(arrays: readonly Uint8Array[]): Pair {
  const strings = new ByteRanges();
  const places: number[] = [];
  let end = 0;
  for (const { length } of arrays) {
    places.push(end, end + length);
    end += length + 1;
  }
  const bytes = Buffer.concat(arrays.flatMap((array) => [array, Buffer.from("-")]));
  const texts = arrays.slice(1, -1).map((array) => latin1(Buffer.from(array)));
  const kept = new KeptStrings(bytes, places);
  strings.addKept(kept, 1, arrays.length - 1);
  if (texts.length > 0) strings.add(bytes, 0, 1);
  return {
    reply: { kind: "bulks", shape: "array", strings },
    parsed: texts.length > 0 ? [...texts, latin1(bytes.subarray(0, 1))] : [],
  };
}

const { value: pair } = fc.letrec<{ value: Pair; pairs: Pair[] }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    scalar,
    tie("pairs").map<Pair>((pairs) => ({
      reply: pairs.map((p) => p.reply),
      parsed: pairs.map((p) => p.parsed),
    })),
    tie("pairs").map<Pair>((pairs) => ({
      reply: { kind: "map", entries: pairs.map((p) => [p.reply, p.reply]) },
      parsed: pairs.flatMap((p) => [p.parsed, p.parsed]),
    })),
    fc
      .tuple(fc.constantFrom("array", "set", "map"), fc.array(fc.uint8Array({ maxLength: 200 })))
      .map<Pair>(([shape, arrays]) => bulksOf(shape, arrays)),
    fc.array(fc.uint8Array({ maxLength: 90 }), { maxLength: 12 }).map(keptOf),
    tie("pairs").map<Pair>((pairs) => ({
      reply: { kind: "set", items: pairs.map((p) => p.reply) },
      parsed: pairs.map((p) => p.parsed),
    })),
  ),
  pairs: fc.array(tie("value"), { maxLength: 5 }),
}));

function parse(bytes: Buffer): unknown[] {
  const replies: unknown[] = [];
  const parser = new Parser({
    returnBuffers: true,
    stringNumbers: true,
    returnReply: (reply) => replies.push(plain(reply)),
    returnError: (error) => replies.push(error.message),
  });
  parser.execute(bytes);
  return replies;
}

function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return latin1(value);
  // redis-parser leaves errors inside arrays as Error objects.
  if (value instanceof Error) return value.message;
  return Array.isArray(value) ? value.map(plain) : value;
}

describe("ReplyWriter, any replies", () => {
  it("write() is undone by redis-parser in RESP2", () => {
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 10 }), (pairs) => {
        const writer = new ReplyWriter();
        for (const { reply } of pairs) writer.write(reply, 2);
        const { byteLength } = writer;
        const bytes = Buffer.concat(writer.take());
        expect(bytes.length).toBe(byteLength);
        expect(parse(bytes)).toEqual(pairs.map(({ parsed }) => parsed));
      }),
      { numRuns: 500 },
    );
  });
});
