/**
 * A hash, a set, a list and a sorted set agree with plain ones under any changes, small and large, and have all that
 * was acknowledged after each restart of the server, which checks itself when it ends.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import type { TestClient } from "../support/client.ts";
import { startTestServer } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";

class Model {
  hash = new Map<string, string>();
  set = new Set<string>();
  list: string[] = [];
  zset = new Map<string, number>();
}

interface Change {
  readonly kind:
    | "hset"
    | "hdel"
    | "sadd"
    | "srem"
    | "push"
    | "trim"
    | "lset"
    | "zadd"
    | "zrem"
    | "zpop"
    | "drop";
  /** Where in the range of names it begins, and over how many it goes. */
  readonly from: number;
  readonly count: number;
  readonly value: number;
}

const change: fc.Arbitrary<Change | "restart"> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constantFrom<Change["kind"]>(
        ...(["hset", "hset", "hdel", "sadd", "sadd", "srem", "push", "push", "trim", "lset"] as const),
        ...(["zadd", "zadd", "zadd", "zrem", "zpop", "drop"] as const),
      ),
      from: fc.nat({ max: 400 }),
      count: fc.constantFrom(1, 3, 40, 300),
      value: fc.nat({ max: 50 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant("restart" as const) },
);

/** Names of a range; some are longer than a key of the store may be. */
function names({ from, count }: Change): string[] {
  return Array.from({ length: count }, (_, index) => {
    const number = from + index;
    return number % 97 === 0 ? `${number}:${"x".repeat(1500)}` : `name ${number}`;
  });
}

/** Makes a change in the model; returns the request that makes it in the server. */
function apply(model: Model, each: Change): (string | number)[] {
  const all = names(each);
  const { value } = each;
  switch (each.kind) {
    case "hset":
      for (const name of all) model.hash.set(name, String(value));
      return ["HSET", "hash", ...all.flatMap((name) => [name, value])];
    case "hdel":
      for (const name of all) model.hash.delete(name);
      return ["HDEL", "hash", ...all];
    case "sadd":
      for (const name of all) model.set.add(name);
      return ["SADD", "set", ...all];
    case "srem":
      for (const name of all) model.set.delete(name);
      return ["SREM", "set", ...all];
    case "push":
      if (value % 2 === 0) model.list.push(...all);
      else model.list.unshift(...[...all].reverse());
      return [value % 2 === 0 ? "RPUSH" : "LPUSH", "list", ...all];
    case "trim":
      model.list = model.list.slice(value, value + each.from + each.count);
      return ["LTRIM", "list", value, value + each.from + each.count - 1];
    case "lset":
      if (value < model.list.length) model.list[value] = all[0] ?? "";
      return ["LSET", "list", value, all[0] ?? ""];
    case "zadd":
      for (const [index, name] of all.entries()) model.zset.set(name, (index * value) % 17);
      return ["ZADD", "zset", ...all.flatMap((name, index) => [(index * value) % 17, name])];
    case "zrem":
      for (const name of all) model.zset.delete(name);
      return ["ZREM", "zset", ...all];
    case "zpop":
      for (const [name] of inOrder(model.zset).slice(0, value)) model.zset.delete(name);
      return ["ZPOPMIN", "zset", value];
    case "drop": {
      const key = (["hash", "set", "list", "zset"] as const)[value % 4] ?? "hash";
      Object.assign(model, { [key]: new Model()[key] });
      return ["UNLINK", key];
    }
  }
}

function inOrder(zset: ReadonlyMap<string, number>): Array<readonly [string, number]> {
  return [...zset].sort(([a, x], [b, y]) => x - y || Buffer.from(a).compare(Buffer.from(b)));
}

async function compare(client: TestClient, model: Model): Promise<void> {
  const pairs = ((await client.call("HGETALL", "hash")) as string[]) ?? [];
  const hash = new Map(
    pairs.flatMap((name, at) => (at % 2 === 0 ? [[name, pairs[at + 1] ?? ""] as const] : [])),
  );
  expect([...hash].sort()).toEqual([...model.hash].sort());
  expect([...((await client.call("SMEMBERS", "set")) as string[])].sort()).toEqual([...model.set].sort());
  expect(await client.call("LRANGE", "list", 0, -1)).toEqual(model.list);
  const ordered = inOrder(model.zset);
  const scored = ordered.flatMap(([name, score]) => [name, String(score)]);
  expect(await client.call("ZRANGE", "zset", 0, -1, "WITHSCORES")).toEqual(scored);
  const middle = ordered[ordered.length >> 1];
  if (middle !== undefined) expect(await client.call("ZRANK", "zset", middle[0])).toBe(ordered.length >> 1);
  const counts = [
    ["HLEN", "hash"],
    ["SCARD", "set"],
    ["LLEN", "list"],
    ["ZCARD", "zset"],
  ] as const;
  const sizes = [model.hash.size, model.set.size, model.list.length, model.zset.size];
  for (const [index, request] of counts.entries()) expect(await client.call(...request)).toBe(sizes[index]);
}

async function serve(directory: string) {
  // So little that checkpoints come often.
  const limits = { journalBytesMax: 128 * 1024 };
  const store = Store.open(directory, OBJECT_TYPES, { limits });
  const server = await startTestServer({ store, config: { appendfsync: "no" } });
  return { server, client: await server.client() };
}

test("values agree with a plain model under any changes and restarts", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 40 }), async (changes) => {
      const directory = temporaryDirectory();
      const model = new Model();
      let { server, client } = await serve(directory);
      for (const each of changes) {
        if (each === "restart") {
          await compare(client, model);
          await server.close();
          ({ server, client } = await serve(directory));
        } else await client.exchange(...apply(model, each));
      }
      await compare(client, model);
      await server.close();
    }),
    { numRuns: 12 },
  );
}, 300_000);
