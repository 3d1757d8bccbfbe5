import { test } from "vitest";
import { RDB_STRING, sealDump } from "../../src/dump/payload.ts";
import { compareStep, describeAgainstRedis, disconnect, withRedis } from "./differential.ts";
import { crossOver } from "./payloads.ts";
import { same } from "./script.ts";

/** Redis compresses strings above 20 bytes, which a reader takes and a writer need not do. */
const VALUES = [
  ..."0 1 -1 127 128 -128 -129 32767 32768 -32768 -32769 2147483647 2147483648 -2147483648 -2147483649".split(
    " ",
  ),
  ...["", "a", "01", "+1", "-0", "1.5", " 1", "hello", "99999999999", "123456789012", "x".repeat(20)],
];

describeAgainstRedis("DUMP and RESTORE", {
  "short strings have the same payload": [
    "DUMP none",
    ...VALUES.flatMap((value) => [same("SET", "k", value), "DUMP k"]),
    'SET k "\\x00\\xff\\r\\n"',
    "DUMP k",
    "SET k v EX 100",
    "DUMP k",
    "!DUMP",
    "!DUMP a b",
  ],
  "RESTORE takes a payload, and refuses one that is none": [
    ...payloadSteps(quoted(sealDump(RDB_STRING, Buffer.from([0xc0, 12])))),
    // A type that is none, a string that ends too early, a compressed one that claims too much.
    ...[
      sealDump(99, Buffer.from("x")),
      sealDump(RDB_STRING, Buffer.from([0x3f, 1])),
      sealDump(RDB_STRING, Buffer.from([0xc3, 2, 0x80, 0x7f, 0xff, 0xff, 0xff, 0, 65])),
      sealDump(RDB_STRING),
    ].map((payload) => `!RESTORE n 0 "${quoted(payload)}"`),
    // Version 99, a changed byte, no bytes at all.
    '!RESTORE n 0 "\\x00\\x05hello\\x63\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"',
    '!RESTORE n 0 ""',
    "!RESTORE n 0 short",
    "!RESTORE n 0 0123456789abcdef",
  ],
});

function quoted(bytes: Buffer): string {
  return [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

/** What can be asked of RESTORE with a payload that is sound: the string 12. */
function payloadSteps(payload: string): string[] {
  return [
    "SET k 12",
    "DUMP k",
    `RESTORE a 0 "${payload}"`,
    "OBJECT ENCODING a",
    "OBJECT REFCOUNT a",
    "?OBJECT IDLETIME a",
    "GET a",
    "TTL a",
    "INCR a",
    `!RESTORE a 0 "${payload}"`,
    `RESTORE a 100000 "${payload}" REPLACE`,
    "GET a",
    "TTL a",
    `RESTORE a 33177117420123 "${payload}" replace absttl`,
    "PEXPIRETIME a",
    `RESTORE b 1 "${payload}" ABSTTL`,
    "EXISTS b",
    `RESTORE a 1 "${payload}" ABSTTL REPLACE`,
    "EXISTS a",
    `RESTORE a 0 "${payload}" IDLETIME 100`,
    `RESTORE b 0 "${payload}" FREQ 100`,
    `RESTORE c 0 "${payload}" IDLETIME 1 IDLETIME 2`,
    `!RESTORE d 0 "${payload}" IDLETIME 1 FREQ 2`,
    `!RESTORE d 0 "${payload}" FREQ 1 IDLETIME 2`,
    `!RESTORE d 0 "${payload}" IDLETIME -1`,
    `!RESTORE d 0 "${payload}" IDLETIME x`,
    `!RESTORE d 0 "${payload}" IDLETIME`,
    `!RESTORE d 0 "${payload}" FREQ 256`,
    `!RESTORE d 0 "${payload}" FREQ -1`,
    `!RESTORE d 0 "${payload}" BOGUS`,
    `!RESTORE d -1 "${payload}"`,
    `!RESTORE d x "${payload}"`,
    "!RESTORE a x y",
    "!RESTORE d -1 y",
    "!RESTORE d 0 y BOGUS",
    "!RESTORE d 0",
  ];
}

withRedis("payloads cross over", ({ connect }) => {
  test("Redis restores what Detent dumped and the other way round, compressed or not", async () => {
    const pair = await connect(2);
    const values = [...VALUES, "x".repeat(1000), "abcabcabd".repeat(3000), "The quick brown fox ".repeat(5)];
    for (const value of values.concat(Array.from({ length: 40 }, (_, i) => `${i}`.repeat(i * 7)))) {
      const bytes = Buffer.from(value);
      await compareStep(pair, same("SET", "k", bytes));
      await crossOver(pair, "k", "copy");
      await compareStep(pair, same("GET", "copy"));
    }
    await disconnect(pair);
  });
});

describeAgainstRedis("OBJECT and MEMORY", {
  OBJECT: [
    "SET k v",
    "OBJECT ENCODING k",
    "SET k 12345",
    "OBJECT ENCODING k",
    "SET k 12345678901234567890",
    "OBJECT ENCODING k",
    same("SET", "k", "x".repeat(44)),
    "OBJECT ENCODING k",
    same("SET", "k", "x".repeat(45)),
    "OBJECT ENCODING k",
    "OBJECT REFCOUNT k",
    "?OBJECT IDLETIME k",
    "!OBJECT FREQ k",
    ...["ENCODING", "REFCOUNT", "IDLETIME", "FREQ"].flatMap((name) => [
      `OBJECT ${name} none`,
      `!OBJECT ${name}`,
    ]),
    "OBJECT HELP",
    "!OBJECT",
    "!OBJECT NOPE",
    "!OBJECT HELP x",
  ],
  "OBJECT ENCODING and REFCOUNT after each way to write a string": `
    SET k 12345
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    APPEND k 6
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    SET k 1
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    SETRANGE k 0 9
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    INCR k
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    DEL k
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    APPEND k 123
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    APPEND k 4
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    DEL k
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    SETRANGE k 0 abc
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    DEL k
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    SETRANGE k 0 12
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    EXPIRE k 100
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    RENAME k m
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    RENAME m k
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    GETSET k 5
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    SET k 9999
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    INCR k
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    DECR k
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    SET k -1
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    INCR k
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    INCRBYFLOAT k 1
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    INCRBYFLOAT k 1.5
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    SET k 5000
    DECRBY k 3
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    SET k 10
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    INCRBYFLOAT k 2
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    INCRBY k 5
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    SETEX k 100 77
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    GETEX k PERSIST
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    MSET k 3 m x
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    SET k 012
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    SET k 9223372036854775807
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    SET k hello
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    APPEND k x
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    GETRANGE k 0 1
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    SETRANGE k 9 abc
    OBJECT ENCODING k
    OBJECT REFCOUNT k
    COPY k c
    OBJECT ENCODING c
    XADD s 1-1 a b
    OBJECT ENCODING s
    OBJECT REFCOUNT s
  `,
  "MEMORY USAGE": `
    SET k v
    ?MEMORY USAGE k
    ?MEMORY USAGE k SAMPLES 5
    ?MEMORY USAGE k SAMPLES 0 SAMPLES 1
    MEMORY USAGE none
    MEMORY USAGE none SAMPLES 0
    !MEMORY USAGE k SAMPLES
    !MEMORY USAGE k SAMPLES -1
    !MEMORY USAGE k SAMPLES x
    !MEMORY USAGE k BOGUS 1
    !MEMORY USAGE none BOGUS
    !MEMORY USAGE
    !MEMORY
    !MEMORY NOPE
  `,
});
