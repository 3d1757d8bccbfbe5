/**
 * Random transactions of two sessions that watch and write the same few keys, in two databases: every reply is the same
 * from both servers, what is aborted and what is refused included.
 */
import fc from "fast-check";
import { test } from "vitest";
import type { Argument } from "../support/client.ts";
import { compareStep, disconnect, type Pair, withRedis } from "./differential.ts";

const key = fc.constantFrom("a", "b", "s");
const database = fc.constantFrom("0", "1");

function request(name: string, ...args: ReadonlyArray<fc.Arbitrary<string>>) {
  return fc.tuple(...args).map((values): readonly Argument[] => [...name.split(" "), ...values]);
}

const requests = fc.oneof(
  { weight: 5, arbitrary: request("MULTI") },
  { weight: 5, arbitrary: request("EXEC") },
  request("DISCARD"),
  { weight: 5, arbitrary: request("WATCH", key) },
  request("WATCH", key, key),
  request("UNWATCH"),
  request("RESET"),
  { weight: 3, arbitrary: request("SELECT", database) },
  ...["GET", "DEL", "INCR", "PERSIST", "TTL", "GETDEL", "TOUCH", "XLEN"].map((name) => request(name, key)),
  request("SET", key, fc.constantFrom("1", "v")),
  request("SETNX", key, fc.constant("1")),
  request("EXPIRE", key, fc.constantFrom("-1", "100000", "x")),
  ...["RENAME", "COPY", "RENAMENX"].map((name) => request(name, key, key)),
  request("MOVE", key, database),
  request("SWAPDB 0 1"),
  request("FLUSHDB"),
  request("FLUSHALL"),
  request("XADD s 1-1 a 1"),
  request("XGROUP CREATE s g 0 MKSTREAM"),
  request("XREADGROUP GROUP g c BLOCK 0 STREAMS s >"),
  request("XREAD BLOCK 0 STREAMS s $"),
  request("NOSUCH"),
  request("GET"),
  request("SAVE x"),
  request("SUBSTR", key),
  request("MULTI x"),
  request("PING"),
);
const step = fc.record({ by: fc.constantFrom(0, 1), args: requests });

/** A request that would wait where there is no transaction is left out. */
function isWaiting(args: readonly Argument[], isQueueing: boolean): boolean {
  return !isQueueing && args.includes("BLOCK");
}

withRedis("random transactions", ({ connect }) => {
  test.each([2, 3] as const)("both servers agree on every reply (RESP%i)", async (protocol) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const pairs: readonly Pair[] = [await connect(protocol), await connect(protocol)];
        const isQueueing = [false, false];
        for (const { by, args } of steps) {
          const pair = pairs[by];
          if (pair === undefined || isWaiting(args, isQueueing[by] === true)) continue;
          await compareStep(pair, { comparison: "either", args });
          if (args[0] === "MULTI" && args.length === 1) isQueueing[by] = true;
          if (["EXEC", "DISCARD", "RESET"].includes(String(args[0]))) isQueueing[by] = false;
        }
        for (const pair of pairs) await disconnect(pair);
      }),
      { numRuns: 60 },
    );
  });
});
