import fc from "fast-check";
import { test } from "vitest";
import type { Argument } from "../support/client.ts";
import { compareStep, describeAgainstRedis, disconnect, listenToKeys, withRedis } from "./differential.ts";
import { error, notAString, same } from "./script.ts";

const elements = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => `e${from + index}`);

describeAgainstRedis("HyperLogLogs", {
  "few elements are runs": `
    PFADD h a b c
    GET h
    PFADD h a
    PFADD h
    PFCOUNT h
    GET h
    PFCOUNT h
    PFADD h d
    GET h
    PFADD new
    PFADD new
    GET new
    PFCOUNT new
    GET new
    PFADD "" ""
    GET ""
    PFCOUNT none
    PFCOUNT none h new
    STRLEN h
    OBJECT ENCODING h
    SET t x EX 100
    DEL t
    PFADD t x
    EXPIRE t 1000
    PFADD t y
    TTL t
    !PFADD
    !PFCOUNT
    !PFMERGE
  `,
  "many elements are registers": [
    ...Array.from({ length: 12 }, (_, round) => [
      same("PFADD", "h", ...elements(round * 200, 200)),
      same("GET", "h"),
      same("PFCOUNT", "h"),
    ]).flat(),
    same("PFADD", "large", ...elements(0, 20000)),
    same("PFCOUNT", "large"),
    same("GET", "large"),
    same("STRLEN", "large"),
  ],
  "hashes of elements of each length": [
    ...Array.from({ length: 20 }, (_, length) => [
      same("PFADD", "h", "abcdefghijklmnopqrstuvwxyz".slice(0, length)),
      same("GET", "h"),
    ]).flat(),
    same("PFADD", "h", Buffer.from([0, 255, 128, 1, 2, 3, 4, 200, 201])),
    same("GET", "h"),
  ],
  "some are merged": [
    same("PFADD", "a", ...elements(0, 100)),
    same("PFADD", "b", ...elements(50, 100)),
    same("PFADD", "dense", ...elements(1000, 5000)),
    same("PFMERGE", "ab", "a", "b"),
    same("GET", "ab"),
    same("PFCOUNT", "ab"),
    same("PFCOUNT", "a", "b"),
    same("PFCOUNT", "a", "dense"),
    same("PFMERGE", "a"),
    same("GET", "a"),
    same("PFMERGE", "a", "none"),
    same("PFMERGE", "fresh", "none"),
    same("GET", "fresh"),
    same("PFMERGE", "all", "a", "b", "dense"),
    same("GET", "all"),
    same("PFMERGE", "a", "dense"),
    same("GET", "a"),
    same("PFCOUNT", "a", "b", "dense", "none"),
  ],
  "strings that are none": [
    notAString("s"),
    `
    SET plain hello
    SET number 12345
    SET short HYLL
    SET other "HYLL\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
    SET cut "HYLL\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
    SET runs "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x01"
    SET none "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80"
    `,
    ...["s", "plain", "number", "short", "other", "cut", "none", "runs"].flatMap((key) => [
      error("PFCOUNT", key),
      error("PFCOUNT", key, "h"),
      error("PFMERGE", "d", key),
    ]),
    ...["s", "plain", "number", "short", "other", "cut", "none"].map((key) => error("PFADD", key, "x")),
    same("EXISTS", "d"),
  ],
});

const key = fc.constantFrom("a", "b", "c");
const element = fc.nat({ max: 3000 }).map((number) => `e${number}`);
const requests = fc.oneof(
  fc
    .tuple(key, fc.array(element, { maxLength: 300, size: "max" }))
    .map(([name, all]) => ["PFADD", name, ...all]),
  fc.tuple(key, fc.array(key, { maxLength: 2 })).map(([name, all]) => ["PFCOUNT", name, ...all]),
  fc.tuple(key, fc.array(key, { maxLength: 3 })).map(([name, all]) => ["PFMERGE", name, ...all]),
  fc
    .tuple(fc.constantFrom("GETREG", "DECODE", "ENCODING", "TODENSE"), key)
    .map((words) => ["PFDEBUG", ...words]),
  key.map((name) => ["GET", name]),
  key.map((name) => ["DEL", name]),
);

withRedis("random HyperLogLogs", (servers) => {
  test("both servers agree on every reply, on what they tell of keys, and on every byte that is left", async () => {
    const pair = await servers.connect(2);
    const compareMessages = await listenToKeys(servers);
    const compare = (args: readonly Argument[]) => compareStep(pair, { comparison: "either", args });
    await fc.assert(
      fc.asyncProperty(fc.array(requests, { maxLength: 25 }), async (session) => {
        await compare(["FLUSHALL"]);
        for (const args of session) await compare(args);
        await compareMessages();
        await compare(["MGET", "a", "b", "c"]);
      }),
      { numRuns: 40 },
    );
    await disconnect(pair);
  });
});

describeAgainstRedis("how HyperLogLogs are stored", {
  "PFDEBUG and PFSELFTEST": `
    PFADD h a b c
    PFDEBUG ENCODING h
    PFDEBUG decode h
    PFDEBUG TODENSE h
    PFDEBUG TODENSE h
    PFDEBUG encoding h
    PFDEBUG GETREG h
    PFCOUNT h
    !PFDEBUG DECODE h
    PFADD g a
    PFDEBUG GETREG g
    PFDEBUG ENCODING g
    !PFDEBUG ENCODING none
    !PFDEBUG NOSUCH none
    !PFDEBUG NOSUCH h
    !PFDEBUG GETREG
    !PFDEBUG GETREG h x
    SET str x
    SADD set x
    !PFDEBUG GETREG str
    !PFDEBUG GETREG set
    PFSELFTEST
    !PFSELFTEST x
  `,
});
