/**
 * Payloads in the packed forms of earlier versions of Redis (2.4 to 6.2), made here by their layout. redis-server still reads them and
 * is the judge: both servers restore each, and then hold the same.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { sealAs } from "../../src/dump/payload.ts";
import { rdbLength, rdbString } from "../../src/dump/rdb-writer.ts";
import { compareStep, disconnect, withRedis } from "./differential.ts";
import { crossOver } from "./payloads.ts";
import { type Step, same } from "./script.ts";

const RDB_VERSION = 9;
const seal = (type: number, ...value: readonly Buffer[]) => sealAs(RDB_VERSION, type, ...value);
/** A packed form within a payload: a string of its bytes. */
const packedIn = (bytes: Buffer) => Buffer.concat([rdbLength(bytes.length), bytes]);

function little(value: number | bigint, byteCount: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt.asIntN(64, BigInt(value)));
  return bytes.subarray(0, byteCount);
}

/** Length or integer in front of the bytes of an entry. */
function ziplistBody(entry: string): Buffer {
  const integer = /^(0|-?[1-9]\d{0,18})$/.test(entry) ? BigInt(entry) : undefined;
  if (integer !== undefined && BigInt.asIntN(64, integer) === integer) {
    if (integer >= 0n && integer <= 12n) return Buffer.of(0xf1 + Number(integer));
    for (const [head, byteCount] of [
      [0xfe, 1],
      [0xc0, 2],
      [0xf0, 3],
      [0xd0, 4],
      [0xe0, 8],
    ] as const)
      if (BigInt.asIntN(byteCount * 8, integer) === integer)
        return Buffer.concat([Buffer.of(head), little(integer, byteCount)]);
  }
  const bytes = Buffer.from(entry, "latin1");
  if (bytes.length < 64) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  if (bytes.length < 16384)
    return Buffer.concat([Buffer.of(0x40 | (bytes.length >> 8), bytes.length & 0xff), bytes]);
  const length = Buffer.alloc(5, 0x80);
  length.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([length, bytes]);
}

function ziplist(entries: readonly string[]): Buffer {
  const parts: Buffer[] = [];
  let before = 0;
  let tail = 10;
  let end = 10;
  for (const entry of entries) {
    const lengthBefore =
      before < 254 ? Buffer.of(before) : Buffer.concat([Buffer.of(0xfe), little(before, 4)]);
    const part = Buffer.concat([lengthBefore, ziplistBody(entry)]);
    tail = end;
    end += part.length;
    before = part.length;
    parts.push(part);
  }
  const header = Buffer.concat([little(end + 1, 4), little(tail, 4), little(entries.length, 2)]);
  return Buffer.concat([header, ...parts, Buffer.of(0xff)]);
}

/** `unused` bytes behind each value, which Redis left where a value had become shorter. */
function zipmap(pairs: ReadonlyArray<readonly [string, string]>, unused: number): Buffer {
  const length = (bytes: Buffer) =>
    bytes.length < 254 ? Buffer.of(bytes.length) : Buffer.concat([Buffer.of(254), little(bytes.length, 4)]);
  const parts = pairs.flatMap(([name, value]) => {
    const [nameBytes, valueBytes] = [Buffer.from(name, "latin1"), Buffer.from(value, "latin1")];
    return [
      length(nameBytes),
      nameBytes,
      length(valueBytes),
      Buffer.of(unused),
      valueBytes,
      Buffer.alloc(unused),
    ];
  });
  return Buffer.concat([Buffer.of(Math.min(pairs.length, 254)), ...parts, Buffer.of(0xff)]);
}

function intset(numbers: readonly bigint[]): Buffer {
  const byteCount =
    [2, 4, 8].find((size) => numbers.every((each) => BigInt.asIntN(size * 8, each) === each)) ?? 8;
  const sorted = [...numbers].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return Buffer.concat([
    little(byteCount, 4),
    little(sorted.length, 4),
    ...sorted.map((each) => little(each, byteCount)),
  ]);
}

const text = fc
  .oneof(
    { weight: 3, arbitrary: fc.string({ maxLength: 8 }) },
    { weight: 3, arbitrary: fc.integer({ min: -10, max: 300 }).map(String) },
    fc.constantFrom(
      ..."0 12 13 127 128 -128 -129 32767 32768 -32769 8388607 8388608 -8388609 2147483647 2147483648 9223372036854775807 -9223372036854775808 9223372036854775808 007 -0".split(
        " ",
      ),
    ),
    fc.constantFrom(
      "x".repeat(63),
      "y".repeat(64),
      "z".repeat(253),
      "v".repeat(254),
      "w".repeat(300),
      "u".repeat(20000),
    ),
  )
  .map((each) => Buffer.from(each, "utf8").toString("latin1"));
const score = fc.oneof(
  fc.integer({ min: -50, max: 50 }).map(String),
  fc.constantFrom("1.5", "-0.25", "inf", "-inf", "1e+20"),
);
const some = <T>(part: fc.Arbitrary<T>) => fc.array(part, { minLength: 1, maxLength: 12 });
const named = fc.uniqueArray(fc.tuple(text, text), {
  minLength: 1,
  maxLength: 12,
  selector: ([name]) => name,
});
const scored = fc.uniqueArray(fc.tuple(text, score), {
  minLength: 1,
  maxLength: 12,
  selector: ([name]) => name,
});
const byScore = (pairs: ReadonlyArray<readonly [string, string]>) =>
  [...pairs].sort(
    ([a, x], [b, y]) =>
      Number(x.replace("inf", "Infinity")) - Number(y.replace("inf", "Infinity")) ||
      Buffer.compare(Buffer.from(a, "latin1"), Buffer.from(b, "latin1")),
  );

/** A length, or one of the two that stand for infinite scores, and the digits. */
function textScore(digits: string): Buffer {
  if (digits === "inf") return Buffer.of(254);
  if (digits === "-inf") return Buffer.of(255);
  return Buffer.concat([Buffer.of(digits.length), Buffer.from(digits, "latin1")]);
}

const HASH: Step = { comparison: "unordered", args: ["HGETALL", "k"] };
const FORMS: ReadonlyArray<readonly [string, fc.Arbitrary<Buffer>, Step]> = [
  [
    "hashes as zipmaps",
    fc.tuple(named, fc.nat({ max: 3 })).map(([pairs, unused]) => seal(9, packedIn(zipmap(pairs, unused)))),
    HASH,
  ],
  ["hashes as ziplists", named.map((pairs) => seal(13, packedIn(ziplist(pairs.flat())))), HASH],
  [
    "lists as ziplists",
    some(text).map((all) => seal(10, packedIn(ziplist(all)))),
    same("LRANGE", "k", "0", "-1"),
  ],
  [
    "lists as quicklists of ziplists",
    some(some(text)).map((nodes) =>
      seal(14, rdbLength(nodes.length), ...nodes.map((node) => packedIn(ziplist(node)))),
    ),
    same("LRANGE", "k", "0", "-1"),
  ],
  [
    "sets as intsets",
    fc
      .uniqueArray(
        fc.oneof(
          fc.bigInt({ min: -40000n, max: 40000n }),
          fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        ),
        { minLength: 1, maxLength: 20 },
      )
      .map((numbers) => seal(11, packedIn(intset(numbers)))),
    { comparison: "unordered", args: ["SMEMBERS", "k"] },
  ],
  [
    "sorted sets as ziplists",
    scored.map((pairs) => seal(12, packedIn(ziplist(byScore(pairs).flat())))),
    same("ZRANGE", "k", "0", "-1", "WITHSCORES"),
  ],
  [
    "sorted sets with scores as texts",
    scored.map((pairs) =>
      seal(
        3,
        rdbLength(pairs.length),
        ...pairs.flatMap(([name, digits]) => [rdbString(Buffer.from(name, "latin1")), textScore(digits)]),
      ),
    ),
    same("ZRANGE", "k", "0", "-1", "WITHSCORES"),
  ],
];

withRedis("payloads of earlier versions of Redis", ({ connect }) => {
  test.each(FORMS)("%s are restored with the same contents", async (_, payloads, look) => {
    const pair = await connect(2);
    await fc.assert(
      fc.asyncProperty(payloads, async (payload) => {
        await compareStep(pair, same("RESTORE", "k", "0", payload, "REPLACE"));
        await compareStep(pair, look);
        await compareStep(pair, same("TYPE", "k"));
        expect(await crossOver(pair, "k", "k")).toBe(true);
        await compareStep(pair, look);
      }),
      { numRuns: 60 },
    );
    await disconnect(pair);
  });
});
