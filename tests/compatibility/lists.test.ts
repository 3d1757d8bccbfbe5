import { expect, test } from "vitest";
import { startTestServer } from "../support/server.ts";
import { describeAgainstRedis } from "./differential.ts";
import { same } from "./script.ts";

const elements = (count: number) => Array.from({ length: count }, (_, i) => `element:${i}`);

describeAgainstRedis("lists", {
  "elements are put at both ends and taken from them": `
    RPUSH l a b c
    LPUSH l x y
    LRANGE l 0 -1
    LLEN l
    LPUSHX l z
    RPUSHX l w
    LPUSHX none a
    RPUSHX none a
    LPOP l
    RPOP l
    LPOP l 2
    RPOP l 2
    RPOP l 10
    EXISTS l
    LPOP l
    LPOP l 2
    RPOP none 0
    RPUSH l "" "\\x00\\r\\n\\xff"
    LPOP l 0
    LRANGE l 0 -1
    TYPE l
  `,
  "places are read and written": `
    RPUSH l a b c d e
    LINDEX l 0
    LINDEX l -1
    LINDEX l 4
    LINDEX l 5
    LINDEX l -6
    LINDEX none 0
    LINDEX none x
    !LINDEX l x
    LRANGE l 1 2
    LRANGE l -2 -1
    LRANGE l -100 100
    LRANGE l 3 1
    LRANGE l 5 9
    LRANGE none 0 -1
    !LRANGE l x 1
    !LRANGE none 1 x
    LSET l 0 A
    LSET l -1 E
    !LSET l 5 x
    !LSET l -6 x
    !LSET none 0 x
    !LSET none x x
    !LSET l x x
    LRANGE l 0 -1
    LINSERT l BEFORE c 1
    LINSERT l after c 2
    LINSERT l BEFORE nope x
    LINSERT none BEFORE a b
    !LINSERT l BESIDE a b
    !LINSERT none BESIDE a b
    LRANGE l 0 -1
    LTRIM l 1 -2
    LRANGE l 0 -1
    LTRIM l 0 100
    LTRIM none 0 1
    !LTRIM l x 0
    LTRIM l 3 1
    EXISTS l
  `,
  "elements are found and removed": `
    RPUSH l a b a c a b a
    LPOS l a
    LPOS l a RANK 2
    LPOS l a RANK -1
    LPOS l a COUNT 2
    LPOS l a COUNT 0
    LPOS l a RANK -2 COUNT 2
    LPOS l a COUNT 0 MAXLEN 3
    LPOS l c MAXLEN 3
    LPOS l c MAXLEN 0
    LPOS l x
    LPOS l x COUNT 0
    LPOS none a
    LPOS none a COUNT 1
    LPOS l a RANK 9
    LPOS l a rank 9 count 2
    !LPOS l a RANK 0
    !LPOS l a RANK x
    !LPOS l a COUNT -1
    !LPOS l a COUNT x
    !LPOS l a MAXLEN -1
    !LPOS l a COUNT
    !LPOS l a NOPE 1
    LREM l 2 a
    LRANGE l 0 -1
    LREM l -1 a
    LRANGE l 0 -1
    LREM l 0 b
    LRANGE l 0 -1
    LREM l 0 x
    LREM none 0 x
    !LREM l x a
    LREM l 0 a
    LREM l 0 c
    EXISTS l
  `,
  "elements are moved": `
    RPUSH l a b c
    LMOVE l m LEFT RIGHT
    LMOVE l m RIGHT LEFT
    LRANGE m 0 -1
    RPOPLPUSH m l
    LRANGE l 0 -1
    RPOPLPUSH l l
    LMOVE l l LEFT RIGHT
    LMOVE l l LEFT LEFT
    LRANGE l 0 -1
    LMOVE none l LEFT LEFT
    RPOPLPUSH none l
    !LMOVE l m UP LEFT
    !LMOVE l m LEFT
    LMOVE m l LEFT LEFT
    EXISTS m
    SET k v
    !LMOVE l k LEFT LEFT
    !RPOPLPUSH l k
    !RPOPLPUSH k l
    LMOVE none k LEFT LEFT
    LRANGE l 0 -1
    LMPOP 2 none l LEFT
    LMPOP 2 none l RIGHT COUNT 5
    LMPOP 1 none LEFT
    !LMPOP 0 l LEFT
    !LMPOP x l LEFT
    !LMPOP 1 l UP
    !LMPOP 3 l LEFT
    !LMPOP 1 l LEFT COUNT 0
    !LMPOP 1 l LEFT COUNT x
    !LMPOP 1 l LEFT COUNT
    !LMPOP 1 l LEFT COUNT 1 COUNT 2
    !LMPOP 1 k LEFT
  `,
  "keys of another type are refused": `
    SET k v
    !LPUSH k a
    !RPUSH k a
    !LPUSHX k a
    !LPOP k
    !RPOP k 2
    !LLEN k
    !LINDEX k 0
    !LSET k 0 a
    !LRANGE k 0 -1
    !LTRIM k 0 1
    !LINSERT k BEFORE a b
    !LREM k 0 a
    !LPOS k a
    !LPOP k -1
    !LPOP k x
    !LPOP k 1 2
    !BLPOP k 0
    !BLMOVE k l LEFT LEFT 0
    !BRPOPLPUSH k l 0
    !BLMPOP 0 1 k LEFT
    RPUSH l a
    !GET l
  `,
  "what waits takes what is there": `
    RPUSH l a b c d e f g
    BLPOP l 0
    BRPOP none l 0.5
    BLMOVE l m LEFT RIGHT 0
    BRPOPLPUSH l m 0
    BLMPOP 0 2 none l LEFT COUNT 2
    BLMPOP 0 2 none l RIGHT
    LRANGE m 0 -1
    BLPOP none 0.01
    BLMOVE none m LEFT LEFT 0.01
    BRPOPLPUSH none m 0.01
    BLMPOP 0.01 1 none LEFT
    !BLPOP l x
    !BLPOP l -1
    !BLPOP l nan
    !BLPOP l ""
    !BLPOP none " 1"
    !BLMOVE l m UP LEFT 0
    !BLMOVE l m LEFT LEFT x
    !BRPOPLPUSH l m -1
    !BLMPOP x 1 l LEFT
    !BLMPOP 0 0 l LEFT
    !BLMPOP x 0 l LEFT
    !BLMPOP 0 1 l UP
    !BLMPOP -1 1 l LEFT COUNT 0
    !BLMPOP 0 1 l LEFT COUNT 1 COUNT 1
    MULTI
    BLPOP none 0
    BRPOP none 0
    BLMOVE none m LEFT LEFT 0
    BRPOPLPUSH none m 0
    BLMPOP 0 1 none LEFT
    EXEC
  `,
  "large ones hold what they were given": [
    same("RPUSH", "l", ...elements(2000)),
    same("LPUSH", "l", ...elements(700), "g".repeat(50_000)),
    `LLEN l
    LINDEX l 1350
    LINDEX l -700
    LRANGE l 600 750
    LRANGE l -20 -1
    LINSERT l BEFORE element:1000 new
    LINSERT l AFTER element:1999 last
    LSET l 1500 set
    LRANGE l 1490 1510
    LPOS l new
    LPOS l element:5 COUNT 0
    LREM l 0 element:6
    LREM l -1 element:7
    LLEN l
    LTRIM l 5 -6
    LRANGE l 0 -1
    COPY l c
    LRANGE c 0 -1
    LMOVE c c LEFT RIGHT
    LTRIM c 100 199
    LRANGE c 0 -1
    RENAME c e
    LPOP e 60
    RPOP e 39
    LLEN e
    LPOP e
    EXISTS e
    LTRIM l 1 0
    EXISTS l`,
  ],
});

test("OBJECT ENCODING of a list says what Redis 7.2 says", async () => {
  const server = await startTestServer();
  const client = await server.client();
  const encoding = async () => await client.call("OBJECT", "ENCODING", "l");
  await client.call("RPUSH", "l", "a");
  expect(await encoding()).toBe("listpack");
  await client.call("RPUSH", "l", "x".repeat(8100));
  expect(await encoding()).toBe("listpack");
  await client.call("RPUSH", "l", "x".repeat(100));
  expect(await encoding()).toBe("quicklist");
  await client.call("RPOP", "l");
  expect(await encoding()).toBe("quicklist");
  await client.call("RPOP", "l");
  expect(await encoding()).toBe("listpack");
  await client.call("CONFIG", "SET", "list-max-listpack-size", "4");
  await client.call("RPUSH", "l", "b", "c", "d");
  expect(await encoding()).toBe("listpack");
  await client.call("LINSERT", "l", "BEFORE", "c", "e");
  expect(await encoding()).toBe("quicklist");
  await client.call("LTRIM", "l", "0", "2");
  expect(await encoding()).toBe("quicklist");
  await client.call("LTRIM", "l", "0", "1");
  expect(await encoding()).toBe("listpack");
  await server.close();
});
