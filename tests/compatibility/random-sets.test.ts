import fc from "fast-check";
import { describeRandom, few, generalRequests, option, options, request } from "./random-values.ts";

const key = fc.constantFrom("s", "s", "t", "u", "str");
const member = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -4, max: 6 }).map(String) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("a", "b", "", "01", "9223372036854775807", "f".repeat(70), "g".repeat(1100)),
  },
);
const keys = few(key);
const counted = fc.oneof(
  { weight: 4, arbitrary: keys.map((all) => [String(all.length), ...all]) },
  fc.constantFrom(["0", "s"], ["5", "s"], ["x", "s"], ["-1", "s"], ["1"]),
);
/** Chance decides nothing where all or none are taken. */
const count = fc.constantFrom("0", "100", "x", "9223372036854775807", "-9223372036854775808");

describeRandom({
  name: "random requests about sets",
  keys: ["s", "t", "u"],
  unordered: new Set([...["SMEMBERS", "SINTER", "SUNION", "SDIFF", "SRANDMEMBER", "SPOP", "SSCAN"]]),
  looks: [["SMEMBERS"], ["SCARD"]],
  requests: fc.oneof(
    { weight: 6, arbitrary: request("SADD", key, few(member, 5)) },
    { weight: 3, arbitrary: request("SREM", key, few(member)) },
    request("SMOVE", key, key, member),
    request("SISMEMBER", key, member),
    request("SMISMEMBER", key, few(member)),
    ...["SCARD", "SMEMBERS"].map((name) => request(name, key)),
    ...["SINTER", "SUNION", "SDIFF"].map((name) => request(name, keys)),
    ...["SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"].map((name) => request(name, key, keys)),
    request("SINTERCARD", counted, options(option("LIMIT", fc.constantFrom("0", "1", "2", "-1", "x")))),
    request("SRANDMEMBER", key, count),
    request("SPOP", key, count),
    request("SSCAN", key, fc.constantFrom("0", "x"), options(option("COUNT", fc.constant("1000")))),
    ...generalRequests(key),
  ),
});
