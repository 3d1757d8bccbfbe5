/**
 * Random requests about streams to both servers: few keys, groups, consumers and ids, so that they meet, and every reply
 * the same, what they tell of keys, and what each makes of a payload of the other. Ids are given, never made of the time, and what tells of the time is not asked for.
 */
import fc from "fast-check";
import { test } from "vitest";
import type { Argument } from "../support/client.ts";
import { compareStep, disconnect, listenToKeys, type Pair, withRedis } from "./differential.ts";
import { crossOver } from "./payloads.ts";

const key = fc.constantFrom("s", "s", "s", "t", "str");
const group = fc.constantFrom("g", "g", "h");
const consumer = fc.constantFrom("ann", "bob");
const id = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 2 }))
      .map((parts) => parts.join("-")),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "5",
      "0",
      "x",
      "1-x",
      "-",
      "+",
      "$",
      ">",
      "(3-1",
      "(5",
      "18446744073709551615-18446744073709551615",
      "18446744073709551616",
      "",
    ),
  },
);
const newId = fc.oneof(
  { weight: 6, arbitrary: id },
  { weight: 2, arbitrary: fc.constantFrom("3-*", "5-*", "7-*", "9-*") },
);
const number = fc.constantFrom("0", "1", "2", "3", "-1", "x", "99999999999999999999");
/** Redis 7.0 does not know `+` in XREAD. */
const after = id.filter((each) => each !== "+");
const bound = fc.oneof(id, fc.constantFrom("-", "+"));

type Part = fc.Arbitrary<string | readonly string[]>;

/** A request of a name and arguments made by chance. */
function request(name: string, ...args: readonly Part[]) {
  return fc.tuple(...args).map((values): readonly Argument[] => [...name.split(" "), ...values.flat()]);
}

/** Some of some options, each with its value, in any order. */
function options(...parts: ReadonlyArray<Part | string>): fc.Arbitrary<readonly string[]> {
  const made = parts.map((part) => (typeof part === "string" ? fc.constant(part) : part));
  return fc
    .tuple(fc.shuffledSubarray(made.map((_, at) => at)), fc.tuple(...made))
    .map(([chosen, values]) => chosen.flatMap((at) => values[at] ?? []));
}

const option = (name: string, value: fc.Arbitrary<string>): Part => value.map((each) => [name, each]);
const trim = fc
  .tuple(fc.constantFrom("MAXLEN", "MINID", "NOPE"), fc.constantFrom([], ["="]), fc.oneof(number, id))
  .map(([strategy, sign, limit]) => [strategy, ...sign, limit]);
const few = (part: fc.Arbitrary<string>, maxLength = 3) => fc.array(part, { minLength: 1, maxLength });

const requests = fc.oneof(
  {
    weight: 6,
    arbitrary: request(
      "XADD",
      key,
      options("NOMKSTREAM", trim),
      newId,
      fc.constantFrom(["a", "1"], ["a", "1", "b", "2"], ["a"]),
    ),
  },
  request("XLEN", key),
  request("XDEL", key, few(id)),
  request("XTRIM", key, trim, options(option("LIMIT", number))),
  request("XRANGE", key, bound, bound, options(option("COUNT", number))),
  request("XREVRANGE", key, bound, bound, options(option("COUNT", number))),
  request("XREAD", options(option("COUNT", number), "NOACK"), fc.constant("STREAMS"), key, key, after, after),
  request("XSETID", key, id, options(option("ENTRIESADDED", number), option("MAXDELETEDID", id))),
  {
    weight: 3,
    arbitrary: request("XGROUP CREATE", key, group, id, options("MKSTREAM", option("ENTRIESREAD", number))),
  },
  request("XGROUP SETID", key, group, id, options(option("ENTRIESREAD", number))),
  request("XGROUP CREATECONSUMER", key, group, consumer),
  request("XGROUP DELCONSUMER", key, group, consumer),
  request("XGROUP DESTROY", key, group),
  {
    weight: 4,
    arbitrary: request(
      "XREADGROUP GROUP",
      group,
      consumer,
      options(option("COUNT", number), "NOACK"),
      fc.constant("STREAMS"),
      key,
      fc.oneof(fc.constant(">"), after),
    ),
  },
  request("XACK", key, group, few(id)),
  request(
    "XCLAIM",
    key,
    group,
    consumer,
    fc.constantFrom("0", "0", "100000", "-1", "x"),
    few(id),
    options("JUSTID", "FORCE", option("RETRYCOUNT", number), option("LASTID", id), option("IDLE", number)),
  ),
  request(
    "XAUTOCLAIM",
    key,
    group,
    consumer,
    fc.constantFrom("0", "0", "100000", "x"),
    bound,
    options("JUSTID", option("COUNT", number)),
  ),
  request("XPENDING", key, group),
  request("XINFO STREAM", key),
  request("XINFO GROUPS", key),
  request("COPY", key, key, options("REPLACE")),
  request("RENAME", key, key),
  request("DEL", fc.constantFrom("s", "t")),
);

/**
 * Redis 7.2 and Detent make the consumer of a read or a claim that finds nothing, 7.0 does not: all consumers are made
 * as soon as they may be missing.
 */
async function send(pair: Pair, args: readonly Argument[]): Promise<void> {
  await compareStep(pair, { comparison: "either", args });
  const [name, subcommand, on = "", of = ""] = args;
  if (name !== "XGROUP" || (subcommand !== "CREATE" && subcommand !== "DELCONSUMER")) return;
  for (const each of ["ann", "bob"]) await send(pair, ["XGROUP", "CREATECONSUMER", on, of, each]);
}

async function look(pair: Pair, name: string): Promise<void> {
  await send(pair, ["XRANGE", name, "-", "+"]);
  await send(pair, ["XINFO", "STREAM", name]);
  await send(pair, ["XINFO", "GROUPS", name]);
  for (const each of ["g", "h"]) await send(pair, ["XPENDING", name, each]);
}

withRedis("random requests about streams", (servers) => {
  test.each([2, 3] as const)(
    "both servers agree on every reply, on what they tell of keys, and on what is left (RESP%i)",
    async (protocol) => {
      const pair = await servers.connect(protocol);
      const compareMessages = await listenToKeys(servers);
      await fc.assert(
        fc.asyncProperty(fc.array(requests, { maxLength: 60 }), async (session) => {
          await send(pair, ["FLUSHALL"]);
          await send(pair, ["SET", "str", "v"]);
          for (const args of session) await send(pair, args);
          await compareMessages();
          for (const name of ["s", "t"]) {
            await look(pair, name);
            if (await crossOver(pair, name, "copy")) await look(pair, "copy");
          }
        }),
        { numRuns: 60 },
      );
      await disconnect(pair);
    },
  );
});
