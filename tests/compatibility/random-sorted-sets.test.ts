import fc from "fast-check";
import { describeRandom, few, generalRequests, option, options, request } from "./random-values.ts";

const key = fc.constantFrom("z", "z", "z", "y", "set", "str");
/** Scores that a double holds exactly: Redis 7.0 prints others in 17 digits. */
const number = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -3, max: 6 }).map(String) },
  { weight: 2, arbitrary: fc.constantFrom("0.5", "-1.25", "inf", "-inf", "1e3", "12345678901", "0.25") },
  fc.constantFrom("x", "nan", ""),
);
const member = fc.constantFrom("a", "b", "c", "d", "7", "", "f".repeat(70), "g".repeat(1100), "\0\xff");
const pairs = fc.array(fc.tuple(number, member), { minLength: 1, maxLength: 4 }).map((all) => all.flat());
const bound = fc.oneof(
  number,
  number.map((each) => `(${each}`),
  fc.constantFrom("-inf", "+inf"),
);
const text = fc.oneof(
  fc.constantFrom("-", "+", "[b", "(b", "[", "[zz", "x", ""),
  member.map((each) => `[${each}`),
);
const place = fc.constantFrom("0", "1", "-1", "-2", "5", "-9", "x", "2");
const limit = fc
  .tuple(fc.constantFrom("0", "1", "-1", "2", "x"), fc.constantFrom("0", "1", "-1", "100"))
  .map(([offset, count]) => ["LIMIT", offset, count]);
const keys = few(key);
const counted = fc.oneof(
  { weight: 5, arbitrary: keys.map((all) => [String(all.length), ...all]) },
  fc.constantFrom(["0", "z"], ["5", "z"], ["x", "z"]),
);
const count = fc.constantFrom("0", "100", "x", "9223372036854775807");
const combining = options(
  fc.constantFrom(["AGGREGATE", "MIN"], ["AGGREGATE", "MAX"], ["AGGREGATE", "SUM"], ["AGGREGATE", "x"]),
  fc
    .array(fc.constantFrom("1", "2", "-1", "0", "0.5", "x"), { minLength: 1, maxLength: 3 })
    .map((all) => ["WEIGHTS", ...all]),
);
const end = fc.constantFrom("MIN", "MAX", "max", "UP");

describeRandom({
  name: "random requests about sorted sets",
  keys: ["z", "y"],
  unordered: new Set(["ZRANDMEMBER", "ZSCAN"]),
  looks: [["ZRANGE", "0", "-1", "WITHSCORES"], ["ZCARD"], ["ZSCAN", "0", "COUNT", "1000"]],
  runs: 80,
  requests: fc.oneof(
    { weight: 8, arbitrary: request("ZADD", key, pairs) },
    {
      weight: 4,
      arbitrary: request("ZADD", key, options("NX", "XX", "GT", "LT", "CH"), pairs),
    },
    request("ZADD", key, options("NX", "XX", "GT", "LT"), fc.constant("INCR"), number, member),
    request("SADD", fc.constant("set"), few(member)),
    request("ZINCRBY", key, number, member),
    { weight: 2, arbitrary: request("ZREM", key, few(member)) },
    request("ZSCORE", key, member),
    request("ZMSCORE", key, few(member)),
    ...["ZRANK", "ZREVRANK"].map((name) => request(name, key, member)),
    request("ZCARD", key),
    request("ZCOUNT", key, bound, bound),
    ...["ZRANGE", "ZREVRANGE"].map((name) => request(name, key, place, place, options("WITHSCORES"))),
    request("ZRANGE", key, bound, bound, fc.constant("BYSCORE"), options("WITHSCORES", "REV", limit)),
    request("ZRANGE", key, place, place, options("REV", limit, "NOPE")),
    ...["ZRANGEBYSCORE", "ZREVRANGEBYSCORE"].map((name) =>
      request(name, key, bound, bound, options("WITHSCORES", limit)),
    ),
    request("ZRANGESTORE", key, key, bound, bound, fc.constant("BYSCORE"), options("REV", limit)),
    request("ZRANGESTORE", key, key, place, place, options("REV")),
    request("ZREMRANGEBYRANK", key, place, place),
    request("ZREMRANGEBYSCORE", key, bound, bound),
    ...["ZPOPMIN", "ZPOPMAX"].flatMap((name) => [request(name, key), request(name, key, place)]),
    request("ZMPOP", counted, end, options(option("COUNT", place))),
    request("ZRANDMEMBER", key, count, options("WITHSCORES")),
    ...["ZUNION", "ZINTER"].map((name) => request(name, counted, combining, options("WITHSCORES"))),
    ...["ZUNIONSTORE", "ZINTERSTORE"].map((name) => request(name, key, counted, combining)),
    request("ZDIFF", counted, options("WITHSCORES")),
    request("ZDIFFSTORE", key, counted),
    request("ZINTERCARD", counted, options(option("LIMIT", fc.constantFrom("0", "1", "-1", "x")))),
    ...generalRequests(key.filter((each) => each !== "set")),
  ),
});

const lexKey = fc.constantFrom("z", "y", "str");
describeRandom({
  name: "random requests about sorted sets of one score",
  keys: ["z", "y"],
  unordered: new Set(),
  looks: [["ZRANGE", "0", "-1"]],
  runs: 30,
  requests: fc.oneof(
    {
      weight: 4,
      arbitrary: request(
        "ZADD",
        lexKey,
        few(member).map((all) => all.flatMap((each) => ["0", each])),
      ),
    },
    request("ZREM", lexKey, few(member)),
    ...["ZRANGEBYLEX", "ZREVRANGEBYLEX"].map((name) => request(name, lexKey, text, text, options(limit))),
    request("ZRANGE", lexKey, text, text, fc.constant("BYLEX"), options("REV", limit, "WITHSCORES")),
    request("ZRANGESTORE", lexKey, lexKey, text, text, fc.constant("BYLEX"), options("REV", limit)),
    request("ZLEXCOUNT", lexKey, text, text),
    request("ZREMRANGEBYLEX", lexKey, text, text),
  ),
});
