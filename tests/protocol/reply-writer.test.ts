import { describe, expect, it } from "vitest";
import { ByteRanges } from "../../src/base/byte-ranges.ts";
import { map, NONE, NULL_ARRAY, OK, type Reply, simple } from "../../src/protocol/reply.ts";
import { ReplyWriter } from "../../src/protocol/reply-writer.ts";

const bulk = Buffer.from([0, 0xff, 0x0d, 0x0a]);

/** A string within a buffer, and one that is all of it. */
function bulksOf(shape: "array" | "set" | "map"): Reply {
  const strings = new ByteRanges();
  const bytes = Buffer.from("abcdefghijkl");
  strings.add(bytes, 1, 2);
  strings.add(bytes, 0, 12);
  return { kind: "bulks", shape, strings };
}

type Case = readonly [reply: Reply, resp2: string, resp3?: string];

/** Reply, its RESP2 bytes, its RESP3 bytes where they differ; all in Latin-1. */
const CASES: ReadonlyArray<Case> = [
  [null, "$-1\r\n", "_\r\n"],
  [NULL_ARRAY, "*-1\r\n", "_\r\n"],
  [NONE, ""],
  [OK, "+OK\r\n"],
  [simple(""), "+\r\n"],
  [simple("é".repeat(20)), `+${"\xc3\xa9".repeat(20)}\r\n`],
  [simple("é"), "+\xc3\xa9\r\n"],
  [simple("x".repeat(40)), `+${"x".repeat(40)}\r\n`],
  [simple("a\nb"), "$3\r\na\nb\r\n"],
  [simple("a\rb"), "$3\r\na\rb\r\n"],
  [simple("a\0b"), "$3\r\na\0b\r\n"],
  [{ kind: "error", message: "ERR a\r\nb" }, "-ERR a  b\r\n"],
  [
    { kind: "error", message: `ERR unknown command '\udcff\udc80ü😀'` },
    "-ERR unknown command '\xff\x80\xc3\xbc\xf0\x9f\x98\x80'\r\n",
  ],
  [0, ":0\r\n"],
  [-0, ":0\r\n"],
  [7, ":7\r\n"],
  [10, ":10\r\n"],
  [99, ":99\r\n"],
  [100, ":100\r\n"],
  [99_999_999, ":99999999\r\n"],
  [100_000_000, ":100000000\r\n"],
  [-1, ":-1\r\n"],
  [-123_456_789_012, ":-123456789012\r\n"],
  [Number.MAX_SAFE_INTEGER, ":9007199254740991\r\n"],
  [9_223_372_036_854_775_807n, ":9223372036854775807\r\n"],
  [-9_223_372_036_854_775_808n, ":-9223372036854775808\r\n"],
  ["", "$0\r\n\r\n"],
  ["hello", "$5\r\nhello\r\n"],
  ["ü", "$2\r\n\xc3\xbc\r\n"],
  ["x".repeat(100), `$100\r\n${"x".repeat(100)}\r\n`],
  ["\ud800", "$3\r\n\xef\xbf\xbd\r\n"],
  [bulk, "$4\r\n\0\xff\r\n\r\n"],
  [Buffer.alloc(100, "y"), `$100\r\n${"y".repeat(100)}\r\n`],
  [[], "*0\r\n"],
  [
    [1, "a", null, [], [[2]], OK],
    "*6\r\n:1\r\n$1\r\na\r\n$-1\r\n*0\r\n*1\r\n*1\r\n:2\r\n+OK\r\n",
    "*6\r\n:1\r\n$1\r\na\r\n_\r\n*0\r\n*1\r\n*1\r\n:2\r\n+OK\r\n",
  ],
  [bulksOf("array"), "*2\r\n$1\r\nb\r\n$12\r\nabcdefghijkl\r\n"],
  [bulksOf("set"), "*2\r\n$1\r\nb\r\n$12\r\nabcdefghijkl\r\n", "~2\r\n$1\r\nb\r\n$12\r\nabcdefghijkl\r\n"],
  [bulksOf("map"), "*2\r\n$1\r\nb\r\n$12\r\nabcdefghijkl\r\n", "%1\r\n$1\r\nb\r\n$12\r\nabcdefghijkl\r\n"],
  [[1n, NULL_ARRAY], "*2\r\n:1\r\n*-1\r\n", "*2\r\n:1\r\n_\r\n"],
  [
    map([
      ["a", 1],
      ["b", ["c"]],
    ]),
    "*4\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n*1\r\n$1\r\nc\r\n",
    "%2\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n*1\r\n$1\r\nc\r\n",
  ],
  [map([]), "*0\r\n", "%0\r\n"],
  [{ kind: "set", items: ["a"] }, "*1\r\n$1\r\na\r\n", "~1\r\n$1\r\na\r\n"],
  [
    { kind: "push", items: ["message", "c", "m"] },
    "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n",
    ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n",
  ],
  [{ kind: "double", value: 1.5 }, "$3\r\n1.5\r\n", ",1.5\r\n"],
  [{ kind: "double", value: Number.POSITIVE_INFINITY }, "$3\r\ninf\r\n", ",inf\r\n"],
  [{ kind: "boolean", value: true }, ":1\r\n", "#t\r\n"],
  [{ kind: "boolean", value: false }, ":0\r\n", "#f\r\n"],
  [{ kind: "verbatim", format: "txt", text: "ü" }, "$2\r\n\xc3\xbc\r\n", "=6\r\ntxt:\xc3\xbc\r\n"],
];

function encoded(replies: readonly Reply[], version: 2 | 3): string {
  const writer = new ReplyWriter();
  for (const reply of replies) writer.write(reply, version);
  return Buffer.concat(writer.take()).toString("latin1");
}

describe("ReplyWriter", () => {
  it.each(CASES.map(([reply, resp2, resp3 = resp2]) => ({ reply, resp2, resp3 })))(
    "write() encodes $resp2",
    ({ reply, resp2, resp3 }) => {
      expect(encoded([reply], 2)).toBe(resp2);
      expect(encoded([reply], 3)).toBe(resp3);
    },
  );

  it("take() returns the replies since the last call, and they stay as they are", () => {
    const writer = new ReplyWriter();
    writer.write(OK, 2);
    writer.write(1, 2);
    expect(writer.byteLength).toBe(9);
    const first = writer.take();
    writer.write("later", 2);
    const second = writer.take();
    expect(first.map(String)).toEqual(["+OK\r\n:1\r\n"]);
    expect(second.map(String)).toEqual(["$5\r\nlater\r\n"]);
    expect(writer.take()).toEqual([]);
    expect(writer.byteLength).toBe(0);
  });

  it("take() returns everything in order when replies fill many blocks", () => {
    const writer = new ReplyWriter();
    let expected = "";
    for (let i = 0; i < 20_000; i++) {
      const text = String.fromCharCode(97 + (i % 26)).repeat(i % 50);
      writer.write(text, 2);
      expected += `$${text.length}\r\n${text}\r\n`;
    }
    expect(writer.byteLength).toBe(expected.length);
    expect(Buffer.concat(writer.take()).toString()).toBe(expected);
  });

  it("write() passes on a large Buffer without a copy", () => {
    const writer = new ReplyWriter();
    const large = Buffer.alloc(16 * 1024, "x");
    writer.write([large, "after"], 3);
    expect(writer.byteLength).toBe(4 + 8 + large.length + 2 + 11);
    const chunks = writer.take();
    expect(chunks[1]).toBe(large);
    expect(chunks[0]?.toString()).toBe("*2\r\n$16384\r\n");
    expect(chunks[2]?.toString()).toBe("\r\n$5\r\nafter\r\n");
  });

  it("write() encodes texts around the sizes at which the way changes", () => {
    for (const size of [31, 32, 33, 16_383, 16_384, 16_385, 32_767, 32_768, 40_000]) {
      const text = "z".repeat(size);
      expect(encoded([text], 2)).toBe(`$${size}\r\n${text}\r\n`);
      expect(encoded([Buffer.from(text)], 2)).toBe(`$${size}\r\n${text}\r\n`);
      expect(encoded([simple(text)], 2)).toBe(`+${text}\r\n`);
    }
  });

  it("write() encodes an aggregate nested deeper than any stack", () => {
    let reply: Reply = 1;
    const depth = 200_000;
    for (let i = 0; i < depth; i++) reply = [reply];
    expect(encoded([reply], 2)).toBe(`${"*1\r\n".repeat(depth)}:1\r\n`);
  });

  it("write() throws for a kind of reply that does not exist", () => {
    const writer = new ReplyWriter();
    expect(() => writer.write({ kind: "other" } as unknown as Reply, 2)).toThrow("unreachable value");
    expect(writer.take()).toEqual([]);
  });

  it.each<[string, Reply]>([
    ["a fraction", 1.5],
    ["an unsafe integer", 2 ** 53],
    ["not a number", Number.NaN],
    ["more than 64 bits", 2n ** 63n],
    ["none inside an array", ["x".repeat(40_000), NONE]],
    ["a fraction behind large items", [Buffer.alloc(20_000), "x".repeat(40_000), 0.5]],
  ])("write() throws and writes nothing for %s", (_name, reply) => {
    const writer = new ReplyWriter();
    writer.write(OK, 2);
    expect(() => writer.write(reply, 2)).toThrow("assertion failed");
    writer.write(OK, 2);
    expect(writer.byteLength).toBe(10);
    expect(Buffer.concat(writer.take()).toString()).toBe("+OK\r\n+OK\r\n");
  });
});
