import fc from "fast-check";
import { test } from "vitest";
import type { Argument } from "../support/client.ts";
import { compareStep, describeAgainstRedis, disconnect, listenToKeys, withRedis } from "./differential.ts";
import { notAString, same } from "./script.ts";

describeAgainstRedis("bits", {
  "SETBIT and GETBIT": `
    SETBIT k 7 1
    GET k
    SETBIT k 7 0
    SETBIT k 7 0
    SETBIT k 100 1
    STRLEN k
    GETBIT k 100
    GETBIT k 101
    GETBIT k 4294967295
    GETBIT none 0
    EXISTS none
    SETBIT new 20 0
    GET new
    OBJECT ENCODING new
    SET number 12345
    SETBIT number 6 1
    GET number
    OBJECT ENCODING number
    SET t v EX 1000
    SETBIT t 3 1
    TTL t
    !SETBIT k -1 1
    !SETBIT k 4294967296 1
    !SETBIT k x 1
    !SETBIT k 1 2
    !SETBIT k 1 x
    !SETBIT k x x
    !SETBIT k 1
    !GETBIT k -1
    !GETBIT k 4294967296
    !GETBIT k #1
    !GETBIT k
  `,
  "BITCOUNT counts": `
    SET k foobar
    BITCOUNT k
    BITCOUNT k 0 0
    BITCOUNT k 1 1
    BITCOUNT k 0 -1
    BITCOUNT k -2 -1
    BITCOUNT k -1 -2
    BITCOUNT k 5 2
    BITCOUNT k 5 30
    BITCOUNT k 30 40
    BITCOUNT k -100 -90
    BITCOUNT k -100 3
    BITCOUNT k 5 30 BIT
    BITCOUNT k 5 30 byte
    BITCOUNT k -7 -1 bit
    BITCOUNT k -3 -9 BIT
    BITCOUNT none
    BITCOUNT none 0 5
    !BITCOUNT k 0 x x
    !BITCOUNT k x 0 x
    BITCOUNT k -1 -2 x
    !BITCOUNT k 0 1 x
    !BITPOS k 1 0 x x
    !BITPOS k 1 x 0 x
    BITCOUNT k -9223372036854775808 9223372036854775807 BIT
    SET empty ""
    BITCOUNT empty
    BITCOUNT empty 0 0
    SET number 123456
    BITCOUNT number
    !BITCOUNT k 0
    !BITCOUNT k 0 x
    !BITCOUNT k x 0
    !BITCOUNT k 0 1 WORD
    !BITCOUNT k x 1 WORD
    !BITCOUNT k 0 1 BIT 1
  `,
  "BITPOS searches": `
    SET k "\\xff\\xf0\\x00"
    BITPOS k 0
    BITPOS k 1
    BITPOS k 1 2
    BITPOS k 0 0 0
    BITPOS k 0 0 -1
    BITPOS k 0 1
    BITPOS k 1 1 2
    BITPOS k 1 9 12 BIT
    BITPOS k 0 9 12 BIT
    BITPOS k 0 3 5 bit
    BITPOS k 0 -1 -1
    BITPOS k 1 -1 -1
    BITPOS k 1 5 1
    BITPOS k 1 100
    BITPOS k 0 100
    SET ones "\\xff\\xff"
    BITPOS ones 0
    BITPOS ones 0 0
    BITPOS ones 0 1
    BITPOS ones 0 2
    BITPOS ones 0 0 -1
    BITPOS ones 0 0 20 BIT
    BITPOS none 0
    BITPOS none 1
    BITPOS none 0 5 6 BIT
    SET empty ""
    BITPOS empty 0
    BITPOS empty 1
    !BITPOS k 2
    !BITPOS k x
    !BITPOS k 1 x
    !BITPOS k 1 0 x
    !BITPOS k 1 0 1 WORD
    !BITPOS k 1 0 1 BIT 2
    !BITPOS k
  `,
  "BITOP combines": `
    SET a foobar
    SET b abc
    SET n 12345
    BITOP AND d a b
    GET d
    BITOP or d a b n
    GET d
    BITOP XOR d a b none
    GET d
    OBJECT ENCODING d
    BITOP NOT d a
    GET d
    BITOP NOT a a
    GET a
    BITOP AND d none
    EXISTS d
    BITOP AND d none other
    SET e x EX 100
    BITOP AND e b
    TTL e
    SET empty ""
    BITOP NOT e empty
    EXISTS e
    !BITOP NOT d a b
    !BITOP NAND d a b
    !BITOP AND d
  `,
  "BITFIELD reads and writes": `
    BITFIELD k SET u8 0 255 GET i8 0 GET u4 4 GET u16 0
    GET k
    BITFIELD k INCRBY i5 100 1 GET u4 0
    BITFIELD k SET i8 #1 -100 GET i8 #1 GET u8 8
    BITFIELD k SET i64 0 -1 GET i64 0 GET u63 0 GET u63 1
    BITFIELD k INCRBY i64 0 9223372036854775807
    BITFIELD k INCRBY u2 100 1 OVERFLOW SAT INCRBY u2 102 1
    BITFIELD k OVERFLOW SAT INCRBY u2 100 3
    BITFIELD k OVERFLOW FAIL INCRBY u2 100 3 INCRBY u2 100 -1 INCRBY u2 100 -3
    BITFIELD k OVERFLOW WRAP INCRBY u2 100 3
    BITFIELD k OVERFLOW SAT SET i8 0 -9223372036854775808 GET i8 0
    BITFIELD k OVERFLOW SAT SET i8 0 1000 GET i8 0 SET i8 0 -1000 GET i8 0
    BITFIELD k OVERFLOW SAT SET u8 0 -1 GET u8 0 SET u8 0 256 GET u8 0
    BITFIELD k OVERFLOW FAIL SET u8 0 -1 SET i8 0 128 SET i8 0 127
    BITFIELD k OVERFLOW FAIL OVERFLOW WRAP SET i8 0 128 GET i8 0
    BITFIELD k
    BITFIELD none
    EXISTS none
    BITFIELD none GET u8 0 GET i64 4294967232
    BITFIELD grown OVERFLOW FAIL INCRBY u1 20 5
    GET grown
    BITFIELD grown OVERFLOW FAIL INCRBY u1 20 5
    BITFIELD_RO k GET i8 0 get u5 3
    BITFIELD_RO none GET i8 0
    BITFIELD_RO k
    SET n 12345
    BITFIELD n GET u8 0 SET u8 8 65
    GET n
    !BITFIELD k GET u64 0
    !BITFIELD k GET u0 0
    !BITFIELD k GET i65 0
    !BITFIELD k GET x8 0
    !BITFIELD k GET i 0
    !BITFIELD k GET "" 0
    !BITFIELD k GET I8 0
    !BITFIELD k GET i8 -1
    !BITFIELD k GET i8 x
    !BITFIELD k GET i8 #
    !BITFIELD k GET i8 #x
    !BITFIELD k GET i8 #536870912
    !BITFIELD k GET i8 #9223372036854775807
    !BITFIELD k GET i8
    !BITFIELD k SET i8 0
    !BITFIELD k SET i8 0 x
    !BITFIELD k INCRBY i8 0 9223372036854775808
    !BITFIELD k OVERFLOW
    !BITFIELD k OVERFLOW BOGUS SET i8 0 1
    !BITFIELD k BOGUS i8 0
    !BITFIELD_RO k SET i8 0 1
    !BITFIELD_RO k INCRBY i8 x 1
    !BITFIELD_RO k OVERFLOW BOGUS
  `,
  "long strings": [
    same("SETBIT", "k", "80000", "1"),
    same("BITCOUNT", "k"),
    same("BITPOS", "k", "1"),
    same("SETBIT", "k", "40000", "1"),
    same("BITPOS", "k", "1"),
    same("BITOP", "NOT", "d", "k"),
    same("BITCOUNT", "d"),
    same("BITPOS", "d", "0"),
    same("BITFIELD", "k", "INCRBY", "i64", "79990", "12345"),
  ],
  "keys of other types": [
    notAString("s"),
    `
    !SETBIT s 0 1
    !SETBIT s x 1
    !GETBIT s 0
    !GETBIT s x
    !BITCOUNT s
    !BITCOUNT s x y
    !BITCOUNT s 1
    !BITPOS s 1
    !BITPOS s 2
    !BITPOS s 1 x
    !BITOP AND d s
    !BITOP AND d none s
    !BITFIELD s GET u8 0
    !BITFIELD s SET u8 0 1
    !BITFIELD s SET u8 x 1
    !BITFIELD s
    !BITFIELD_RO s GET u8 0
    SET k v
    BITOP AND s k
    TYPE s
    `,
  ],
});

const key = fc.constantFrom("a", "b", "c");
const offset = fc.constantFrom("0", "1", "7", "8", "13", "64", "100", "#0", "#1", "#3", "-1", "x");
const position = fc.constantFrom("0", "1", "2", "-1", "-2", "-9", "5", "30", "x");
const bit = fc.constantFrom("0", "1", "1", "2");
const range = fc.oneof(
  fc.constant([]),
  position.map((start) => [start]),
  fc.tuple(position, position),
  fc.tuple(position, position, fc.constantFrom("BIT", "BYTE", "bit", "x")),
);
const width = fc.oneof(
  fc.constantFrom("u1", "u5", "u8", "u63", "i1", "i5", "i8", "i13", "i64", "u64"),
  fc.tuple(fc.constantFrom("i", "u"), fc.integer({ min: 1, max: 63 })).map((parts) => parts.join("")),
);
const operand = fc.oneof(
  fc.constantFrom("0", "1", "-1", "127", "-128", "255", "9223372036854775807", "-9223372036854775808"),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
);
const fieldOperation = fc.oneof(
  fc.tuple(fc.constant("GET"), width, offset),
  fc.tuple(fc.constantFrom("SET", "INCRBY"), width, offset, operand),
  fc.tuple(fc.constant("OVERFLOW"), fc.constantFrom("WRAP", "SAT", "FAIL")),
);

function request(name: string, ...args: ReadonlyArray<fc.Arbitrary<string | readonly string[]>>) {
  return fc.tuple(...args).map((values): readonly Argument[] => [name, ...values.flat()]);
}

const requests = fc.oneof(
  request("SETBIT", key, offset, bit),
  request("GETBIT", key, offset),
  request("BITCOUNT", key, range),
  request("BITPOS", key, bit, range),
  request(
    "BITOP",
    fc.constantFrom("AND", "OR", "XOR", "NOT"),
    key,
    fc.array(key, { minLength: 1, maxLength: 3 }),
  ),
  ...["BITFIELD", "BITFIELD", "BITFIELD_RO"].map((name) =>
    request(
      name,
      key,
      fc.array(fieldOperation, { maxLength: 5 }).map((parts) => parts.flat()),
    ),
  ),
  request("SET", key, fc.constantFrom("", "foobar", "12345", "\xff\xff", "\0\0\0")),
  request("APPEND", key, fc.constantFrom("\xff", "\0", "abc")),
  request("DEL", key),
);

withRedis("random bits", (servers) => {
  test("both servers agree on every reply, on what they tell of keys, and on what is left", async () => {
    const pair = await servers.connect(2);
    const compareMessages = await listenToKeys(servers);
    await fc.assert(
      fc.asyncProperty(fc.array(requests, { maxLength: 60 }), async (session) => {
        await compareStep(pair, { comparison: "either", args: ["FLUSHALL"] });
        for (const args of session) await compareStep(pair, { comparison: "either", args });
        await compareMessages();
        await compareStep(pair, { comparison: "either", args: ["MGET", "a", "b", "c"] });
      }),
      { numRuns: 100 },
    );
    await disconnect(pair);
  });
});
