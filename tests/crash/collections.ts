/**
 * A hash, a set, a list and a sorted set that move together: step n writes n into each, in one MULTI. Names are so long
 * that the values are large after a few steps.
 */
import type { TestClient } from "../support/client.ts";

/** Fields, members and elements before the first are written over or taken away. */
const WINDOW = 60;
const PADDING = "n".repeat(150);

function named(n: number): string {
  return `${n}:${PADDING}`;
}

/** Takes step n; true when all of it was done. */
export async function moveCollections(client: TestClient, name: number, n: number): Promise<boolean> {
  const replies = await client.pipeline([
    ["MULTI"],
    ["HSET", `hash:${name}`, named(n % WINDOW), n],
    ["SADD", `set:${name}`, named(n)],
    ["SREM", `set:${name}`, named(n - WINDOW)],
    ["RPUSH", `list:${name}`, named(n)],
    ["LTRIM", `list:${name}`, -WINDOW, -1],
    ["ZADD", `zset:${name}`, n, named(n % WINDOW)],
    ["EXEC"],
  ]);
  return Array.isArray(replies.at(-1)?.value);
}

/** The step that was taken last. @throws Error where the four have not all taken it, or are not whole */
export async function movesOfCollections(client: TestClient, name: number): Promise<number> {
  const last = await client.call("LINDEX", `list:${name}`, -1);
  const n = last === null ? 0 : Number(String(last).split(":")[0]);
  const count = Math.min(n, WINDOW);
  const field = named(n % WINDOW);
  const expected: ReadonlyArray<readonly [readonly (string | number)[], unknown]> = [
    [["LLEN", `list:${name}`], count],
    [["HLEN", `hash:${name}`], count],
    [["SCARD", `set:${name}`], count],
    [["ZCARD", `zset:${name}`], count],
    ...(n === 0
      ? []
      : ([
          [["HGET", `hash:${name}`, field], String(n)],
          [["SISMEMBER", `set:${name}`, named(n)], 1],
          [["ZSCORE", `zset:${name}`, field], String(n)],
          [["ZREVRANK", `zset:${name}`, field], 0],
          [["ZRANGE", `zset:${name}`, -1, -1], [field]],
        ] as const)),
  ];
  for (const [request, reply] of expected) {
    const found = await client.call(...request);
    if (JSON.stringify(found) !== JSON.stringify(reply))
      throw new Error(
        `step ${n}: ${request.slice(0, 2).join(" ")} is ${JSON.stringify(found)}, not ${JSON.stringify(reply)}`,
      );
  }
  return n;
}
