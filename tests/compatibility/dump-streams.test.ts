/** DUMP and RESTORE of streams: the same bytes as those of Redis, and payloads that cross over. */
import { expect, test } from "vitest";
import {
  compareStep,
  describeAgainstRedis,
  disconnect,
  type Pair,
  type Servers,
  withRedis,
} from "./differential.ts";
import { crossOver, dumpOf } from "./payloads.ts";
import { type Script, same, stepsOf } from "./script.ts";

/** Redis compresses what a writer need not; it looks closely at what it restores only when it is told to. */
const PLAIN = { redis: ["--rdbcompression", "no", "--sanitize-dump-payload", "yes"], detent: {} };

const LONG = ["x".repeat(63), "y".repeat(64), "z".repeat(4095), "w".repeat(4096)];
/** With its head, a text of 16,378 bytes is 16,383 long: from there on the length itself takes a byte more. */
const EDGES = [16_377, 16_378, 16_379, 100_000].map((length) => "v".repeat(length));
const INTEGERS =
  "0 127 128 -1 4095 4096 -4096 -4097 32767 32768 -32768 -32769 8388607 8388608 -8388608 -8388609 2147483647 " +
  "2147483648 -2147483649 9223372036854775807 -9223372036854775808 9223372036854775808 01 +1 -0 1.0";

describeAgainstRedis(
  "DUMP of streams",
  {
    "gives the same bytes for entries": [
      "XADD s 1-1 a 1",
      "DUMP s",
      "XADD s 1-2 a 2 b 3",
      "XADD s 5-0 a 4",
      "XADD s 5-1 b 4",
      "XADD s 18446744073709551615-1 a 1",
      "DUMP s",
      ...INTEGERS.split(" ").map((text, at) => `XADD i ${at + 1}-1 ${text} ${text}`),
      "DUMP i",
      ...[...LONG, ...EDGES].flatMap((text) => [same("XADD", "l", "1-1", text, text), "DUMP l", "DEL l"]),
      same("XADD", "b", "1-1", Buffer.from([0, 255, 13, 10]), ""),
      "DUMP b",
      ...Array.from({ length: 250 }, (_, at) => `XADD many ${at + 1}-1 a ${at}`),
      "DUMP many",
      "XTRIM many MAXLEN ~ 100",
      "DUMP many",
      "EXPIRE s 1000",
      "DUMP s",
    ],
    "gives the same bytes for groups without consumers, and for what is empty": `
      XGROUP CREATE s g $ MKSTREAM
      DUMP s
      XADD s 3-1 a 1
      XADD s 4-1 a 1
      XGROUP CREATE s 12 3-1
      XGROUP CREATE s h 0 ENTRIESREAD 1
      XGROUP CREATE s i 99
      DUMP s
      XTRIM s MAXLEN 0
      DUMP s
      XSETID s 9-9 ENTRIESADDED 300000 MAXDELETEDID 8-8
      DUMP s
    `,
  },
  PLAIN,
);

const BUSY = `
  XGROUP CREATE s g 0 MKSTREAM
  XGROUP CREATE s behind $ ENTRIESREAD 3
  XADD s 1-1 a 1
  XADD s 1-2 a 1 b 2
  XADD s 2-1 c ""
  XADD s 3-1 a 1
  XADD s 4-1 a 1
  XADD s 5-1 a 1
  XREADGROUP GROUP g ann COUNT 2 STREAMS s >
  XREADGROUP GROUP g bob COUNT 2 STREAMS s >
  XREADGROUP GROUP behind ann COUNT 1 STREAMS s >
  XGROUP CREATECONSUMER s g idle
  XACK s g 1-1
  XCLAIM s g bob 0 1-2 RETRYCOUNT 7
  XDEL s 2-1 5-1
`;

/** What there is to see of a stream, and how it goes on. */
const LOOKS = `
  XRANGE copy - +
  XLEN copy
  XINFO GROUPS copy
  XPENDING copy g
  XPENDING copy behind
  XREADGROUP GROUP g ann STREAMS copy 0
  XREADGROUP GROUP g bob STREAMS copy 0
  XREADGROUP GROUP g idle STREAMS copy 0
  ?XINFO CONSUMERS copy g
  ?XPENDING copy g - + 10
  TTL copy
  XTRIM copy MAXLEN ~ 1
  XADD copy 6-1 a 1
  !XADD copy 6-1 a 1
  XREADGROUP GROUP g ann STREAMS copy >
  XINFO GROUPS copy
  XAUTOCLAIM copy g idle 0 0
  XDEL copy 4-1
  XINFO GROUPS copy
`;

async function play(pair: Pair, script: Script): Promise<void> {
  for (const step of stepsOf(script)) await compareStep(pair, step);
}

function crossings({ connect }: Servers): void {
  test.each([2, 3] as const)("a stream goes on where it was restored (RESP%i)", async (protocol) => {
    const pair = await connect(protocol);
    await play(pair, BUSY);
    await crossOver(pair, "s", "copy");
    await play(pair, LOOKS);
    await play(pair, "SET copy text");
    await crossOver(pair, "s", "copy");
    await play(pair, LOOKS);
    await disconnect(pair);
  });

  test("a stream that was restored is dumped unchanged", async () => {
    const pair = await connect(2);
    await play(pair, BUSY);
    for (const payload of [await dumpOf(pair.redis, "s"), await dumpOf(pair.detent, "s")]) {
      await pair.detent.call("RESTORE", "a", 0, payload ?? "", "REPLACE");
      const again = await dumpOf(pair.detent, "a");
      await pair.detent.call("RESTORE", "b", 0, again ?? "", "REPLACE");
      expect(await dumpOf(pair.detent, "b")).toEqual(again);
    }
    await disconnect(pair);
  });
}

withRedis("streams cross over, compressed", crossings);
withRedis("streams cross over, as they are", crossings, PLAIN);
