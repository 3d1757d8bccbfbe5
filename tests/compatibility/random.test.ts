/**
 * Random requests to both servers: few keys and few values, so that they meet, and every reply the same. Times are
 * so late that no key expires and no rounding of the time to live can differ.
 */
import fc from "fast-check";
import { test } from "vitest";
import type { Argument } from "../support/client.ts";
import { compareStep, disconnect, listenToKeys, type Pair, withRedis } from "./differential.ts";

const key = fc.constantFrom("a", "b", "c", "d");
const integer = fc.constantFrom(
  "0",
  "1",
  "-1",
  "7",
  "100",
  "-3",
  "9223372036854775807",
  "-9223372036854775808",
  "x",
  "",
);
const position = fc.constantFrom("0", "1", "2", "-1", "-2", "5", "30", "x");
const float = fc.constantFrom("0.1", "-2.5", "3", "1e3", "1.7e-5", "x", "12345678.123456789");
const value = fc.oneof(
  integer,
  float,
  fc.constantFrom("hello", "abcabcabc", "\0\xff", "x".repeat(60), "y".repeat(5000)),
);
const database = fc.constantFrom("0", "1", "2", "x", "99");
const seconds = fc.constantFrom("33177117420", "33177999999", "1", "0", "-5", "x");
const milliseconds = fc.constantFrom("33177117420000", "33177999999123", "1", "x");
const condition = fc.subarray(["NX", "XX", "GT", "LT"]);

/** A request of a name and arguments made by chance. */
function request(name: string, ...args: ReadonlyArray<fc.Arbitrary<string | readonly string[]>>) {
  return fc.tuple(...args).map((values): readonly Argument[] => [name, ...values.flat()]);
}

const setOptions = fc.oneof(
  fc.constantFrom([], ["NX"], ["XX"], ["GET"], ["KEEPTTL"], ["XX", "GET"], ["NX", "GET"], ["BOGUS"]),
  // Not one that has passed: until it is looked at, the key counts in Redis' DBSIZE.
  seconds.filter((at) => at !== "1").map((at) => ["EXAT", at]),
  milliseconds.filter((at) => at !== "1").map((at) => ["PXAT", at, "GET"]),
);
const getexOptions = fc.oneof(
  fc.constantFrom([], ["PERSIST"], ["EX"]),
  seconds.map((at) => ["EXAT", at]),
);

const requests = fc.oneof(
  request("GET", key),
  request("SET", key, value, setOptions),
  ...["SETNX", "GETSET", "APPEND"].map((name) => request(name, key, value)),
  ...["GETDEL", "STRLEN", "INCR", "DECR", "DUMP", "TYPE", "EXPIRETIME", "PEXPIRETIME", "PERSIST"].map(
    (name) => request(name, key),
  ),
  request("GETEX", key, getexOptions),
  ...["INCRBY", "DECRBY"].map((name) => request(name, key, integer)),
  request("INCRBYFLOAT", key, float),
  ...["GETRANGE", "SUBSTR"].map((name) => request(name, key, position, position)),
  request("SETRANGE", key, position, value),
  ...["MSET", "MSETNX"].map((name) => request(name, key, value, key, value)),
  ...["MGET", "DEL", "UNLINK", "EXISTS", "TOUCH"].map((name) => request(name, key, key, key)),
  request(
    "LCS",
    key,
    key,
    fc.constantFrom([], ["LEN"], ["IDX"], ["IDX", "WITHMATCHLEN", "MINMATCHLEN", "2"]),
  ),
  ...["RENAME", "RENAMENX"].map((name) => request(name, key, key)),
  request("COPY", key, key, fc.constantFrom([], ["REPLACE"], ["DB", "1"], ["DB", "2", "REPLACE"])),
  request("MOVE", key, database),
  request("SELECT", database),
  request("SWAPDB", database, database),
  request("EXPIREAT", key, seconds, condition),
  request("PEXPIREAT", key, milliseconds, condition),
  request("DBSIZE"),
  request("FLUSHDB"),
);

/** DUMP differs where Redis compresses: it is asked of short strings only. */
async function send(pair: Pair, args: readonly Argument[]): Promise<void> {
  if (args[0] === "DUMP") {
    const [length] = await Promise.all(
      [pair.redis, pair.detent].map((one) => one.call("STRLEN", args[1] ?? "")),
    );
    if (typeof length !== "number" || length > 20) return;
  }
  await compareStep(pair, { comparison: "either", args });
}

withRedis("random requests", (servers) => {
  test("both servers agree on every reply, on what they tell of keys, and on what is left", async () => {
    const pair = await servers.connect(2);
    const compareMessages = await listenToKeys(servers);
    await fc.assert(
      fc.asyncProperty(fc.array(requests, { maxLength: 60 }), async (session) => {
        await send(pair, ["FLUSHALL"]);
        await send(pair, ["SELECT", "0"]);
        for (const args of session) await send(pair, args);
        await compareMessages();
        for (const index of ["0", "1", "2"]) {
          await send(pair, ["SELECT", index]);
          await compareStep(pair, { comparison: "unordered", args: ["KEYS", "*"] });
          await send(pair, ["MGET", "a", "b", "c", "d"]);
          for (const name of ["a", "b", "c", "d"]) await send(pair, ["PEXPIRETIME", name]);
        }
      }),
      { numRuns: 60 },
    );
    await disconnect(pair);
  });
});
