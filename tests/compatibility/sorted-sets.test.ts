import { expect, test } from "vitest";
import { startTestServer } from "../support/server.ts";
import { describeAgainstRedis } from "./differential.ts";
import { same } from "./script.ts";

/** So many members, three to a score. */
const members = (count: number, name = "member") =>
  Array.from({ length: count }, (_, i) => [
    String(Math.floor(((i * 7919) % count) / 3)),
    `${name}:${i}`,
  ]).flat();

describeAgainstRedis("sorted sets", {
  "members are added with their scores and found": `
    ZADD z 1 a 2 b 3 c
    ZADD z 2.5 a 2 b 4 d
    ZRANGE z 0 -1 WITHSCORES
    ZSCORE z a
    ZSCORE z x
    ZSCORE x a
    ZMSCORE z a x d
    ZMSCORE x a
    ZRANK z a
    ZRANK z x
    ZRANK x a
    ZREVRANK z a
    ZCARD z
    ZCARD x
    ZREM z a x a
    ZREM x a
    ZADD z 0 zero -0 minus inf top -inf bottom +inf top2
    ZRANGE z 0 -1 WITHSCORES
    ZADD z 0x10 hex 1e2 e
    ZSCORE z hex
    ZREM z zero minus top bottom top2 hex e b c d
    EXISTS z
    TYPE z
  `,
  "options of ZADD": `
    ZADD z NX 1 a
    ZADD z NX 2 a
    ZADD z XX 2 a
    ZADD z XX 2 b
    ZADD x XX 1 a
    EXISTS x
    ZADD z CH 3 a 1 b
    ZADD z GT 2 a 5 b 1 c
    ZADD z LT CH 2 a 9 b 0 c
    ZADD z XX GT CH 9 a 9 nope
    ZADD z INCR 2 a
    ZADD z NX INCR 2 a
    ZADD z XX INCR 2 nope
    ZADD z GT INCR -2 a
    ZADD z LT INCR -2 a
    ZADD x XX INCR 1 a
    ZINCRBY z 1.5 a
    ZINCRBY z 1 new
    ZRANGE z 0 -1 WITHSCORES
    !ZADD z NX XX 1 a
    !ZADD z NX GT 1 a
    !ZADD z LT GT 1 a
    !ZADD z INCR 1 a 2 b
    !ZADD z 1
    !ZADD z NX
    !ZADD z 1 a 2
    !ZADD z x a
    !ZADD z 1 a x b
    !ZADD z nan a
    !ZADD z "" a
    !ZADD z 1e400 a
    !ZINCRBY z x a
    ZADD z inf i
    !ZINCRBY z -inf i
    !ZADD z INCR -inf i
    ZRANGE z 0 -1 WITHSCORES
  `,
  "ranges in all forms": `
    ZADD z 1 a 2 b 3 c 4 d 5 e
    ZRANGE z 1 2
    ZRANGE z -2 -1 WITHSCORES
    ZRANGE z 0 1 REV
    ZRANGE z 3 1
    ZRANGE z 10 20
    ZREVRANGE z 0 1 WITHSCORES
    ZRANGE z 2 4 BYSCORE
    ZRANGE z (2 4 BYSCORE WITHSCORES
    ZRANGE z 4 (2 BYSCORE REV
    ZRANGE z -inf +inf BYSCORE LIMIT 1 2
    ZRANGE z +inf -inf BYSCORE REV LIMIT 1 2
    ZRANGE z -inf +inf BYSCORE LIMIT 1 -1
    ZRANGE z -inf +inf BYSCORE LIMIT -1 2
    ZRANGE z -inf +inf BYSCORE LIMIT 9 2
    ZRANGE z "" 3 BYSCORE
    ZRANGE z " 2" 3 BYSCORE
    ZRANGE z 1e400 3 BYSCORE
    ZRANGEBYSCORE z 2 4 WITHSCORES LIMIT 0 2
    ZREVRANGEBYSCORE z 4 2 LIMIT 1 5
    ZCOUNT z 2 (4
    ZCOUNT z 4 2
    ZCOUNT z 0x2 (0x4
    ZCOUNT z 0x.8p2 +0x4
    ZCOUNT x 0 1
    ZRANGE x 0 -1
    ZRANGE x 0 1 BYSCORE WITHSCORES
    ZADD l 0 a 0 b 0 bb 0 c 0 ""
    ZRANGE l - + BYLEX
    ZRANGE l [b (c BYLEX
    ZRANGE l + [b BYLEX REV LIMIT 0 2
    ZRANGEBYLEX l (b +
    ZREVRANGEBYLEX l [bb -
    ZRANGEBYLEX l + -
    ZRANGEBYLEX l [c [b
    ZRANGEBYLEX l [ [b
    ZLEXCOUNT l - +
    ZLEXCOUNT l (a [bb
    ZLEXCOUNT x - +
    !ZRANGE z 0 1 LIMIT 0 1
    !ZRANGE l - + BYLEX WITHSCORES
    !ZRANGE z x 1
    !ZRANGE z x 1 BYSCORE
    !ZRANGE z (1 nan BYSCORE
    !ZRANGE z 1 2 BYLEX
    !ZRANGE z 1 2 NOPE
    !ZRANGE z 1 2 BYSCORE LIMIT 1
    !ZRANGE z 1 2 BYSCORE LIMIT x 1
    !ZRANGEBYSCORE z 1 2 REV
    !ZRANGEBYLEX z 1 2
    !ZREVRANGE z 0 1 BYSCORE
    !ZREVRANGE z 0 1 LIMIT 0 1
    !ZCOUNT z x 1
    !ZLEXCOUNT l a b
    ZRANGESTORE d z 1 2
    ZRANGE d 0 -1 WITHSCORES
    ZRANGESTORE d z (1 4 BYSCORE LIMIT 1 1
    ZRANGE d 0 -1 WITHSCORES
    ZRANGESTORE d z 0 1 REV
    ZRANGE d 0 -1
    ZRANGESTORE d z 5 9
    EXISTS d
    ZRANGESTORE z z 0 2
    !ZRANGESTORE d z 0 1 WITHSCORES
    !ZRANGESTORE d z 0 1 LIMIT 0 1
    ZREMRANGEBYRANK z 0 0
    ZREMRANGEBYSCORE z (2 3
    ZREMRANGEBYLEX l [b [bb
    ZREMRANGEBYRANK z 5 9
    ZREMRANGEBYRANK x 0 1
    !ZREMRANGEBYRANK z x 1
    !ZREMRANGEBYSCORE z x 1
    !ZREMRANGEBYLEX l x y
    ZREMRANGEBYRANK z 0 -1
    EXISTS z
    ZRANGE l 0 -1
  `,
  "members are taken": `
    ZADD z 1 a 2 b 3 c 4 d 5 e 6 f
    ZPOPMIN z
    ZPOPMAX z
    ZPOPMIN z 2
    ZPOPMAX z 0
    ZPOPMAX x
    ZPOPMIN x 2
    ZMPOP 2 x z MIN
    ZMPOP 1 z MAX COUNT 5
    ZMPOP 1 z MIN
    EXISTS z
    ZADD z 1 a 2 b 3 c 4 d
    BZPOPMIN x z 0
    BZPOPMAX z 0
    BZMPOP 0 2 x z MIN COUNT 5
    BZPOPMIN z 0.01
    BZMPOP 0.01 1 z MAX
    !ZPOPMIN z -1
    !ZPOPMIN z x
    !ZPOPMIN z 1 2
    !ZMPOP 0 z MIN
    !ZMPOP 1 z UP
    !ZMPOP 3 z MIN
    !ZMPOP 1 z MIN COUNT 0
    !ZMPOP 1 z MIN COUNT
    !BZPOPMIN z x
    !BZPOPMIN z -1
    !BZMPOP x 1 z MIN
    !BZMPOP 0 0 z MIN
    MULTI
    BZPOPMIN z 0
    BZMPOP 0 1 z MIN
    EXEC
    ZRANDMEMBER z
    ZRANDMEMBER z 5
    ZADD z 1.5 a
    ZRANDMEMBER z
    ZRANDMEMBER z 5 WITHSCORES
    ZRANDMEMBER z -2 WITHSCORES
    ZADD z 2 b
    ~ZRANDMEMBER z 2
    !ZRANDMEMBER z x
    !ZRANDMEMBER z 1 x
    !ZRANDMEMBER z 9223372036854775807 WITHSCORES
    ZSCAN z 0
    ZSCAN z 0 MATCH a* COUNT 5
    ZSCAN x 0
    !ZSCAN z x
  `,
  "sorted sets and sets are combined": `
    ZADD a 1 x 2 y 3 z
    ZADD b 10 y 20 z 30 w
    SADD s y w v
    ZUNION 2 a b WITHSCORES
    ZUNION 3 a b s WITHSCORES
    ZUNION 2 a b
    ZUNION 2 a b WEIGHTS 2 0.5 WITHSCORES
    ZUNION 2 a b AGGREGATE MIN WITHSCORES
    ZUNION 2 a b WEIGHTS 1 -1 AGGREGATE MAX WITHSCORES
    ZUNION 1 none
    ZINTER 2 a b WITHSCORES
    ZINTER 3 a b s WITHSCORES
    ZINTER 2 a none
    ZINTER 2 a b AGGREGATE MAX WITHSCORES
    ZDIFF 2 a b WITHSCORES
    ZDIFF 2 a s
    ZDIFF 2 none a
    ZDIFF 2 a none WITHSCORES
    ZINTERCARD 2 a b
    ZINTERCARD 2 a b LIMIT 1
    ZINTERCARD 2 a b LIMIT 0
    ZUNIONSTORE d 2 a b
    ZRANGE d 0 -1 WITHSCORES
    ZINTERSTORE d 2 a b WEIGHTS 1 2
    ZRANGE d 0 -1 WITHSCORES
    ZDIFFSTORE d 2 a b
    ZRANGE d 0 -1 WITHSCORES
    ZINTERSTORE d 2 a none
    EXISTS d
    ZUNIONSTORE a 2 a a
    ZRANGE a 0 -1 WITHSCORES
    ZADD i inf m
    ZADD j -inf m
    ZUNION 2 i j WITHSCORES
    ZUNION 1 i WEIGHTS 0 WITHSCORES
    ZINTER 2 i j WITHSCORES
    SET str v
    !ZUNION 0 a
    !ZUNION x a
    !ZUNION 3 a
    !ZUNION 2 a str
    !ZUNION 1 a WEIGHTS
    !ZUNION 1 a WEIGHTS x
    !ZUNION 1 a AGGREGATE x
    !ZUNION 1 a NOPE
    !ZUNIONSTORE d 1 a WITHSCORES
    !ZUNIONSTORE d 0 a
    !ZINTERSTORE d -1 a
    !ZDIFF 1 a WEIGHTS 1
    !ZDIFFSTORE d 0 a
    !ZINTERCARD 0 a
    !ZINTERCARD 1 a LIMIT -1
    !ZINTERCARD 1 a LIMIT x
    !ZINTERCARD 1 a LIMIT 9999999999999999999
    !ZINTERCARD 1 a WITHSCORES
  `,
  "keys of another type are refused": `
    SET k v
    SADD s a
    !ZADD k 1 a
    !ZADD s 1 a
    !ZADD k XX 1 a
    !ZINCRBY k 1 a
    !ZREM k a
    !ZSCORE k a
    !ZMSCORE k a
    !ZRANK k a
    !ZREVRANK k a
    !ZCARD k
    !ZCOUNT k 0 1
    !ZLEXCOUNT k - +
    !ZRANGE k 0 1
    !ZRANGEBYSCORE k 0 1
    !ZRANGEBYLEX k - +
    !ZRANGESTORE d k 0 1
    !ZREMRANGEBYRANK k 0 1
    !ZPOPMIN k
    !ZMPOP 1 k MIN
    !BZPOPMIN k 0
    !ZRANDMEMBER k
    !ZSCAN k 0
    ZADD z 1 a
    !SADD z a
    !GET z
  `,
  "the encoding is that of Redis": [
    "ZADD z 1 a",
    "OBJECT ENCODING z",
    same("ZADD", "z", "1", "x".repeat(64)),
    "OBJECT ENCODING z",
    same("ZADD", "z", "1", "x".repeat(65)),
    "OBJECT ENCODING z",
    same("ZADD", "y", ...members(128)),
    `OBJECT ENCODING y
    ZADD y 1 more
    OBJECT ENCODING y
    ZREM y more
    OBJECT ENCODING y
    ZUNIONSTORE d 1 y
    OBJECT ENCODING d
    ZRANGESTORE d y 0 5
    OBJECT ENCODING d`,
  ],
  "large ones hold what they were given": [
    same("ZADD", "z", ...members(3000)),
    same("ZADD", "z", "5", "g".repeat(1100), "7", "h".repeat(1100)),
    `ZCARD z
    ZRANGE z 0 -1 WITHSCORES
    ZRANGE z 1000 1010 REV WITHSCORES
    ZRANGE z (300 310 BYSCORE
    ZRANGE z 900 (880 BYSCORE REV LIMIT 5 10
    ZCOUNT z 100 (200
    ZRANK z member:77
    ZREVRANK z member:77
    ZSCORE z member:2999
    ZADD z CH 1.5 member:77 5000 member:78
    ZRANK z member:77
    ZRANK z member:78
    ZINCRBY z -100 member:500
    ZREM z member:1 member:2 nope
    ZREMRANGEBYSCORE z 400 600
    ZREMRANGEBYRANK z 10 500
    ZRANGE z 0 -1 WITHSCORES
    ZPOPMIN z 100
    ZPOPMAX z 100
    COPY z c
    ZRANGE c 0 -1 WITHSCORES
    RENAME c e
    ZUNIONSTORE u 2 z e
    ZRANGE u 0 -1 WITHSCORES
    ZREMRANGEBYRANK e 0 -2
    ZRANGE e 0 -1
    ZREMRANGEBYRANK e 0 -1
    EXISTS e`,
    same("ZADD", "l", ...Array.from({ length: 500 }, (_, i) => ["0", `text ${i}`]).flat()),
    `ZRANGE l "[text 10" "(text 2" BYLEX
    ZLEXCOUNT l "[text 3" +
    ZREVRANGEBYLEX l "[text 33" "[text 32"
    ZREMRANGEBYLEX l "[text 1" "[text 4"
    ZCARD l`,
  ],
});

test("ZRANK and ZREVRANK return the score WITHSCORE, as in Redis 7.2", async () => {
  const server = await startTestServer();
  const client = await server.client();
  await client.call("ZADD", "z", "1.5", "a", "2", "b");
  expect(await client.call("ZRANK", "z", "a", "WITHSCORE")).toEqual([0, "1.5"]);
  expect(await client.call("ZREVRANK", "z", "a", "withscore")).toEqual([1, "1.5"]);
  expect((await client.exchange("ZRANK", "z", "x", "WITHSCORE")).bytes.toString()).toBe("*-1\r\n");
  await client.call("HELLO", "3");
  expect((await client.exchange("ZRANK", "z", "a", "WITHSCORE")).bytes.toString()).toBe(
    "*2\r\n:0\r\n,1.5\r\n",
  );
  expect((await client.exchange("ZRANK", "z", "a", "NOPE")).bytes.toString()).toBe("-ERR syntax error\r\n");
  await server.close();
});
