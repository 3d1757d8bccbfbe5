import fc from "fast-check";
import { describeRandom, few, generalRequests, option, options, request } from "./random-values.ts";

const key = fc.constantFrom("h", "h", "h", "i", "str");
const field = fc.constantFrom("a", "b", "c", "7", "", "f".repeat(70), "g".repeat(1100), "\0\r\n");
const value = fc.constantFrom(
  "1",
  "-7",
  "x",
  "",
  "0.5",
  "9223372036854775807",
  "y".repeat(70),
  "z".repeat(3000),
);
const increment = fc.constantFrom("1", "-3", "x", "9223372036854775807", "");
const float = fc.constantFrom("0.5", "-2.25", "1e3", "x", "nan", "inf", "12345678.125");
const pairs = fc.array(fc.tuple(field, value), { minLength: 1, maxLength: 4 }).map((all) => all.flat());
const count = fc.constantFrom("0", "10", "-0", "x", "1000", "9223372036854775807", "-9223372036854775808");

describeRandom({
  name: "random requests about hashes",
  keys: ["h", "i"],
  unordered: new Set(["HGETALL", "HKEYS", "HVALS", "HRANDFIELD", "HSCAN"]),
  looks: [["HGETALL"], ["HLEN"]],
  requests: fc.oneof(
    { weight: 5, arbitrary: request("HSET", key, pairs) },
    request("HSET", key, few(field)),
    request("HMSET", key, pairs),
    request("HSETNX", key, field, value),
    request("HGET", key, field),
    request("HMGET", key, few(field)),
    request("HEXISTS", key, field),
    request("HSTRLEN", key, field),
    { weight: 3, arbitrary: request("HDEL", key, few(field)) },
    request("HINCRBY", key, field, increment),
    request("HINCRBYFLOAT", key, field, float),
    ...["HGETALL", "HKEYS", "HVALS", "HLEN"].map((name) => request(name, key)),
    request("HRANDFIELD", key, count, options("WITHVALUES")),
    request("HSCAN", key, fc.constantFrom("0", "x"), options(option("COUNT", fc.constant("1000")))),
    request("OBJECT ENCODING", key),
    ...generalRequests(key),
  ),
});
