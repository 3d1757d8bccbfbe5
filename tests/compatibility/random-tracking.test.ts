/**
 * Random reads of a session that tracks and writes of itself and another: what it is notified of, in order, is the same from
 * both servers, in every mode of CLIENT TRACKING.
 */
import fc from "fast-check";
import { test } from "vitest";
import type { Argument } from "../support/client.ts";
import { compareStep, disconnect, type Pair, withRedis } from "./differential.ts";

const key = fc.constantFrom("a", "b", "ab", "s", "none");
const READS = [["GET"], ["STRLEN"], ["TTL"], ["TYPE"], ["EXISTS"], ["XLEN"], ["MGET", "a"]];
const WRITES = [
  ...[["DEL"], ["PERSIST"], ["INCR"], ["GETDEL"], ["UNLINK", "b"], ["RENAME", "a"], ["COPY", "b"]],
  ...[["MSET", "b", "1"], ["MULTI"], ["EXEC"], ["SELECT"], ["FLUSHDB"]],
];
const write = fc.oneof(
  fc.tuple(fc.constantFrom(...WRITES), key).map(([words, name]): string[] => {
    const [first = ""] = words;
    if (first === "FLUSHDB" || first === "MULTI" || first === "EXEC") return [first];
    if (first === "SELECT") return ["SELECT", name === "none" ? "1" : "0"];
    return first === "MSET" ? [...words, name, "2"] : [...words, name];
  }),
  fc
    .tuple(key, fc.constantFrom([], ["XX"], ["NX"], ["KEEPTTL"], ["GET"]))
    .map(([name, words]) => ["SET", name, "1", ...words]),
  key.map((name) => ["EXPIRE", name, "1000000"]),
  key.map((name) => ["XADD", name, "*", "a", "1"]),
  key.map((name) => ["XTRIM", name, "MAXLEN", "0"]),
);
const read = fc.tuple(fc.constantFrom(...READS), key).map(([words, name]) => [...words, name]);
const caching = fc.constantFrom(["CLIENT", "CACHING", "YES"], ["CLIENT", "CACHING", "NO"]);

const step = fc.oneof(
  fc.record({ by: fc.constant("reader" as const), args: read }),
  fc.record({ by: fc.constant("writer" as const), args: write }),
  fc.record({ by: fc.constant("reader" as const), args: fc.oneof(write, caching) }),
);

const MODES = [
  [],
  ["NOLOOP"],
  ["OPTIN"],
  ["OPTOUT"],
  ["BCAST"],
  ["BCAST", "NOLOOP"],
  ["BCAST", "PREFIX", "a"],
  ["BCAST", "PREFIX", "b", "PREFIX", "s", "NOLOOP"],
];

/** Replies that have a time in them. */
const SHAPED = new Set(["XADD", "EXEC"]);

/** @throws Error that shows what both servers have told, where that differs */
function compareTold({ redis, detent }: Pair, cause: string): void {
  const [expected = "", actual = ""] = [redis, detent].map(({ pushes }) =>
    pushes
      .splice(0)
      .map(({ bytes }) => bytes.toString("latin1").replaceAll("\r\n", " "))
      .join("\n"),
  );
  if (expected !== actual) throw new Error(`after ${cause}\n  Redis:  ${expected}\n  Detent: ${actual}`);
}

withRedis("random requests of a session that tracks", ({ connect }) => {
  test.each(MODES.map((mode) => [mode.join(" ") || "the default mode", mode] as const))(
    "both servers invalidate the same keys in %s",
    async (_title, mode) => {
      const pairs = { reader: await connect(3), writer: await connect(3) };
      const ask = (by: keyof typeof pairs, args: readonly Argument[]) => {
        const comparison = SHAPED.has(String(args[0])) ? "shape" : "either";
        return compareStep(pairs[by], { comparison, args });
      };
      const begin = async () => {
        for (const by of ["reader", "writer"] as const) {
          await ask(by, ["DISCARD"]);
          await ask(by, ["SELECT", "0"]);
        }
        await ask("reader", ["CLIENT", "TRACKING", "OFF"]);
        await ask("writer", ["FLUSHALL"]);
        await ask("reader", ["CLIENT", "TRACKING", "ON", ...mode]);
        compareTold(pairs.reader, "the beginning");
      };
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          await begin();
          for (const { by, args } of steps) {
            await ask(by, args);
            // What the writer has set off arrives before the answer to what the reader asks behind it.
            if (by === "writer") await ask("reader", ["PING"]);
            compareTold(pairs.reader, `${by}: ${args.join(" ")}`);
          }
        }),
        { numRuns: 30 },
      );
      await disconnect(pairs.reader);
      await disconnect(pairs.writer);
    },
  );
});
