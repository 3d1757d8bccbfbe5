import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { globMatcher } from "../../src/base/glob.ts";
import { TestClient } from "../support/client.ts";
import { type RedisServer, redisServerMissing, startRedisServer } from "./redis-server.ts";

describe.skipIf(redisServerMissing !== undefined)(
  `globs, ${redisServerMissing ?? "beside redis-server"}`,
  () => {
    let redis: RedisServer;
    let client: TestClient;
    beforeAll(async () => {
      redis = await startRedisServer();
      client = await TestClient.connect(redis.socketPath);
    });
    afterAll(async () => {
      await client.close();
      await redis.close();
    });

    const letters = ["a", "b", "A", "*", "?", "[", "]", "^", "-", "\\", "\xff"];
    // Not \xff: whether it is the end of a range or its beginning depends on the processor Redis was built for.
    const pattern = fc
      .array(
        fc.oneof(fc.constantFrom(...letters.slice(0, -1)), fc.constantFrom("[a-", "[^", "[\\", "*[", "*a")),
        {
          maxLength: 7,
        },
      )
      .map((parts) => parts.join(""));

    it("globMatcher() matches the keys that KEYS matches", async () => {
      const names = ["", ...letters];
      for (const first of letters)
        for (const second of letters) names.push(first + second, `${first}x${second}a`);
      await client.call("MSET", ...names.flatMap((name) => [Buffer.from(name, "latin1"), "1"]));
      await fc.assert(
        fc.asyncProperty(pattern, async (source) => {
          const { bytes } = await client.exchange("KEYS", Buffer.from(source, "latin1"));
          expect(namesIn(bytes).sort()).toEqual(names.filter(globMatcher(source)).sort());
        }),
        { numRuns: 500 },
      );
    });

    it("globMatcher() ignores case as CONFIG GET does", async () => {
      const names = ["maxmemory", "port", "save", "appendfsync", "maxclients", "dir"];
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.constantFrom("m", "A", "x", "*", "?", "P", "[A-Z]", "[m-P]", "[^M]", "[\\M]", "\\P", "[Z-a]"),
            { maxLength: 4 },
          ),
          async (parts) => {
            // The star keeps CONFIG GET from looking for a directive of that very name.
            const source = `${parts.join("")}*`;
            const { bytes } = await client.exchange("CONFIG", "GET", source);
            const found = new Set(namesIn(bytes));
            const matches = globMatcher(source, { ignoreCase: true });
            expect(names.filter((name) => found.has(name))).toEqual(names.filter(matches));
          },
        ),
        { numRuns: 200 },
      );
    });
  },
);

/** The bulk strings of an array of them. */
function namesIn(bytes: Buffer): string[] {
  const text = bytes.toString("latin1");
  const names: string[] = [];
  let at = text.indexOf("\r\n") + 2;
  while (at < text.length) {
    const start = text.indexOf("\r\n", at) + 2;
    const end = start + Number(text.slice(at + 1, start - 2));
    names.push(text.slice(start, end));
    at = end + 2;
  }
  return names;
}
