/**
 * What a request on a large value costs, counted in what it reads from the store and writes to it: it grows with what
 * is touched, not with what is there. VALUE_COUNT sets how many parts the values have.
 */

import { beforeAll, expect, test } from "vitest";
import { raw } from "../../src/base/bytes.ts";
import { Databases } from "../../src/keyspace/databases.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { Held } from "../../src/values/held.ts";
import { List } from "../../src/values/list.ts";
import { SortedSet } from "../../src/values/sorted-set.ts";
import { Table } from "../../src/values/table.ts";
import type { TestClient } from "../support/client.ts";
import { CountingStore } from "../support/counting-store.ts";
import { startTestServer } from "../support/server.ts";

const COUNT = Number(process.env["VALUE_COUNT"] ?? 100_000);
const BATCH = 10_000;
/** Nodes from the root of a tree to a leaf, as wide as they are after entries came in any order. */
const LEVELS = Math.ceil(Math.log(COUNT / 32) / Math.log(32)) + 1;

const counting = new CountingStore();
let client: TestClient;

/** Makes a value in steps of a transaction each. */
function fill(store: Store, step: (db: Databases, from: number, to: number) => void): void {
  for (let from = 0; from < COUNT; from += BATCH) {
    const transaction = store.begin();
    step(new Databases(transaction, 16, 1), from, Math.min(COUNT, from + BATCH));
    store.commit(transaction);
  }
}

function held(databases: Databases, key: string, type: Held["type"]): Held {
  const db = databases.at(0);
  return new Held(db, raw(key), type, db.find(raw(key)));
}

/** A number that is another one for each below COUNT. */
const spread = (index: number) => (index * 7_919_333) % COUNT;

beforeAll(async () => {
  const store = Store.over(counting, OBJECT_TYPES);
  const number = (value: number) => Buffer.from(String(value));
  for (const type of ["hash", "set"] as const) {
    fill(store, (databases, from, to) => {
      const table = new Table(held(databases, type, type));
      for (let at = from; at < to; at += 1)
        table.set(number(at), type === "hash" ? number(at) : Buffer.alloc(0));
      table.convert("full");
      table.save(undefined);
    });
  }
  fill(store, (databases, from, to) => {
    const list = new List(held(databases, "list", "list"));
    for (let at = from; at < to; at += 1) list.push("right", number(at));
    list.save(undefined);
  });
  fill(store, (databases, from, to) => {
    const set = new SortedSet(held(databases, "zset", "sortedSet"));
    for (let at = from; at < to; at += 1) set.set(number(spread(at)), spread(at), undefined);
    set.save(undefined);
  });
  const server = await startTestServer({ store });
  client = await server.client();
  return async () => await server.close();
}, 600_000);

/** What a request reads and writes, beside what each turn does. */
async function cost(...request: readonly (string | number)[]) {
  await client.call("PING");
  const [reads, writes] = [counting.reads, counting.writes];
  const reply = await client.call(...request);
  return { reply, reads: counting.reads - reads, writes: counting.writes - writes };
}

/** The record, what is due, and the physical number of the database. */
const ASIDE = 6;

test.each([
  [["HGET", "hash", "77"], 1, 0],
  [["HSET", "hash", "77", "v"], 1, 1],
  [["HSET", "hash", "new", "v"], 1, 2],
  [["HDEL", "hash", "78", "79", "80"], 3, 4],
  [["HEXISTS", "hash", "nope"], 1, 0],
  [["HRANDFIELD", "hash"], 17, 0],
  [["HSCAN", "hash", "0", "COUNT", "50"], 51, 0],
  [["SADD", "set", "new"], 1, 2],
  [["SISMEMBER", "set", "77"], 1, 0],
  [["SREM", "set", "77"], 1, 2],
  [["SPOP", "set"], 18, 2],
  [["LINDEX", "list", "50000"], LEVELS, 0],
  [["LPUSH", "list", "x"], LEVELS, LEVELS + 4],
  [["RPOP", "list"], 2 * LEVELS + 2, LEVELS + 4],
  [["LRANGE", "list", "50000", "50099"], 3 * LEVELS, 0],
  [["LSET", "list", "60000", "x"], 4 * LEVELS, LEVELS + 4],
  [["ZSCORE", "zset", "77"], 1, 0],
  [["ZRANK", "zset", "77"], LEVELS + 1, 0],
  [["ZCOUNT", "zset", "1000", "90000"], 2 * LEVELS, 0],
  [["ZADD", "zset", "500.5", "new"], LEVELS + 1, LEVELS + 5],
  [["ZADD", "zset", "90000.5", "77"], 5 * LEVELS, 2 * LEVELS + 5],
  [["ZRANGE", "zset", "50000", "50099"], 7 * LEVELS, 0],
  [["ZRANGEBYSCORE", "zset", "70000", "(70010"], 3 * LEVELS, 0],
  [["ZREM", "zset", "99"], 3 * LEVELS + 4, LEVELS + 5],
  [["ZPOPMIN", "zset"], 4 * LEVELS + 4, LEVELS + 5],
  [["ZRANDMEMBER", "zset"], LEVELS, 0],
  [["MEMORY", "USAGE", "hash"], 6, 0],
  [["TYPE", "zset"], 0, 0],
  [["RENAME", "list", "renamed"], 0, 8],
  [["EXPIRE", "zset", "1000"], 0, 5],
  [["UNLINK", "hash"], 0, 8],
] as ReadonlyArray<readonly [readonly string[], number, number]>)(
  "%j reads and writes only the touched parts of a large value",
  async (request, readsMax, writesMax) => {
    const { reply, reads, writes } = await cost(...request);
    expect(reply).not.toBeInstanceOf(Error);
    expect(reads).toBeLessThanOrEqual(readsMax + ASIDE);
    expect(writes).toBeLessThanOrEqual(writesMax);
  },
);

test("requests of one turn write each node that they touch once", async () => {
  await client.call("PING");
  await client.call("MULTI");
  for (let at = 0; at < 200; at += 1) await client.call("ZADD", "zset", `700.${at}`, `member:${at}`);
  const before = counting.puts;
  await client.call("EXEC");
  // A member each, the leaves they have filled, the nodes above, and what each turn writes.
  expect(counting.puts - before).toBeLessThanOrEqual(200 + 200 / 16 + 2 * LEVELS + 5);
});

test("a tree is no higher than its number of entries needs", () => {
  expect(LEVELS).toBeLessThanOrEqual(COUNT > 1_000_000 ? 5 : 4);
});
