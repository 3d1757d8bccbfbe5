import fc from "fast-check";
import { describeRandom, few, option, options, request } from "./random-values.ts";

const key = fc.constantFrom("l", "l", "s", "z", "h", "none");
/** Without a sorted set: Redis looks for the weights of its members in the order of a hash table, which its events show. */
const weighed = fc.constantFrom("l", "l", "s", "h", "none");
/** Different numbers, so that no two elements are equal for the sorting. */
const number = fc.constantFrom("1", "2", "3", "10", "-5", "2.5", "1e3", "x", "");
const limit = fc
  .constantFrom(["0", "2"], ["1", "-1"], ["-1", "3"], ["5", "1"], ["x", "1"])
  .map((words) => ["LIMIT", ...words]);
const by = fc
  .constantFrom("w_*", "nosort", "h_*->f", "none_*", "*", "w_*->", "abc")
  .map((pattern) => ["BY", pattern]);
/** Of equal weights without ALPHA the elements decide; with it Redis' order is that of its sorting, so that there are none. */
const unsorted = fc.constantFrom("nosort", "abc").map((pattern) => ["BY", pattern]);
const get = fc.constantFrom("#", "w_*", "h_*->f", "none_*", "*").map((pattern) => ["GET", pattern]);

describeRandom({
  name: "random requests to sort",
  keys: ["to", "l"],
  unordered: new Set(),
  looks: [["LRANGE", "0", "-1"]],
  runs: 80,
  requests: fc.oneof(
    { weight: 3, arbitrary: request("RPUSH", fc.constant("l"), few(number)) },
    request("LREM", fc.constant("l"), fc.constant("0"), number),
    request("DEL", fc.constantFrom("l", "to")),
    request("SADD", fc.constant("s"), few(fc.constantFrom("1", "2", "3", "10"))),
    request(
      "ZADD",
      fc.constant("z"),
      fc.tuple(fc.constantFrom("1", "2", "3"), fc.constantFrom("1", "2", "3")).map((words) => [...words]),
    ),
    {
      weight: 2,
      arbitrary: fc
        .tuple(number, fc.nat({ max: 99 }))
        .map(([name, weight]) => ["SET", `w_${name}`, String(weight)]),
    },
    fc.tuple(number, fc.nat({ max: 99 })).map(([name, weight]) => ["HSET", `h_${name}`, "f", String(weight)]),
    {
      weight: 8,
      arbitrary: request("SORT", weighed, options(by, limit, get, fc.constantFrom("ASC", "DESC"))),
    },
    { weight: 2, arbitrary: request("SORT_RO", key, options(unsorted, limit, get, "DESC", "ALPHA")) },
    {
      weight: 3,
      arbitrary: request(
        "SORT",
        key,
        options(unsorted, limit, get, "ALPHA", option("STORE", fc.constant("to"))),
      ),
    },
    request("SORT", weighed, options(by, limit, get, option("STORE", fc.constant("to")))),
    request("SORT", fc.constant("l"), options("NOPE", by)),
  ),
});
