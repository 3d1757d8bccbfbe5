import fc from "fast-check";
import { describeRandom, few, generalRequests, option, options, request } from "./random-values.ts";

const key = fc.constantFrom("l", "l", "m", "str");
const element = fc.constantFrom("a", "a", "b", "c", "", "7", "f".repeat(70), "g".repeat(1100), "\0\r\n");
const place = fc.constantFrom("0", "1", "2", "-1", "-2", "5", "-9", "x", "9223372036854775807");
const count = fc.constantFrom("0", "1", "2", "-1", "-2", "100", "x", "-9223372036854775808");
const rank = count.filter((each) => each !== "-9223372036854775808");
const end = fc.constantFrom("LEFT", "RIGHT", "left", "UP");
const keys = few(key);
const counted = fc.oneof(
  { weight: 4, arbitrary: keys.map((all) => [String(all.length), ...all]) },
  fc.constantFrom(["0", "l"], ["5", "l"], ["x", "l"]),
);
const some = options(option("COUNT", count));

describeRandom({
  name: "random requests about lists",
  keys: ["l", "m"],
  unordered: new Set(),
  looks: [["LRANGE", "0", "-1"], ["LLEN"]],
  requests: fc.oneof(
    ...["LPUSH", "RPUSH"].map((name) => ({ weight: 4, arbitrary: request(name, key, few(element, 5)) })),
    ...["LPUSHX", "RPUSHX"].map((name) => request(name, key, few(element))),
    ...["LPOP", "RPOP"].map((name) => request(name, key)),
    ...["LPOP", "RPOP"].map((name) => request(name, key, count)),
    request("LLEN", key),
    request("LINDEX", key, place),
    request("LSET", key, place, element),
    request("LRANGE", key, place, place),
    request("LTRIM", key, place, place),
    request("LINSERT", key, fc.constantFrom("BEFORE", "AFTER", "beside"), element, element),
    request("LREM", key, count, element),
    request(
      "LPOS",
      key,
      element,
      options(option("RANK", rank), option("COUNT", count), option("MAXLEN", count)),
    ),
    request("LMOVE", key, key, end, end),
    request("RPOPLPUSH", key, key),
    request("LMPOP", counted, end, some),
    ...generalRequests(key),
  ),
});
