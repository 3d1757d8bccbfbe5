/** detent move between a directory and clusters with different numbers of partitions. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ClusterState } from "../../src/cluster/view.ts";
import { Partition } from "../../src/keyspace/partitions.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { placesOf } from "../../src/places.ts";
import { PostHints } from "../../src/storage/postgres/post.ts";
import { createSchema } from "../../src/storage/postgres/schema.ts";
import { cli } from "../support/cli.ts";
import type { TestClient } from "../support/client.ts";
import { connectedTo, useClusterDatabase } from "../support/cluster-database.ts";
import { member, memberId } from "../support/cluster-view.ts";
import { define, fields } from "../support/machines.ts";
import { noPostgres } from "../support/postgres.ts";
import { startTestServer } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";

const CHILD = {
  initial: "a",
  states: { a: { on: { GO: "b" }, after: { "1h": "b" } }, b: { type: "final" } },
};
const PARENT = {
  initial: "idle",
  states: {
    idle: { on: { RUN: "busy", HELLO: "greeted" }, after: { "2h": "late" } },
    busy: {
      on: { TELL: { actions: [{ send: { to: "event.to", event: "HELLO" } }] } },
      invoke: { id: "kid", src: "child:v1", onDone: "late" },
      entry: [{ task: "charge", input: { n: "1" }, done: "PAID", failed: "FAILED", timeout: "1h" }],
    },
    greeted: {},
    late: {},
  },
};
const MACHINES = 12;
const LIBRARY = "#!lua name=lib\nredis.register_function('one', function() return 1 end)";

const names = Array.from({ length: MACHINES }, (_, n) => `m:${n}`);

async function fill(client: TestClient): Promise<void> {
  await define(client, "child:v1", CHILD);
  await define(client, "parent:v1", PARENT);
  await client.call("FUNCTION", "LOAD", LIBRARY);
  await client.call("SM.MIGRATION", "PLAN", "child:v1", "parent:v1");
  for (const name of names) {
    await client.call("SM.CREATE", name, "parent:v1");
    if (name < "m:8") await client.call("SM.SEND", name, "RUN", "ID", "run");
  }
  await client.call("XGROUP", "CREATE", "sm:tasks:charge", "g", "0");
  await client.call("XREADGROUP", "GROUP", "g", "w1", "COUNT", 3, "STREAMS", "sm:tasks:charge", ">");
  for (let n = 0; n < 300; n += 1) await client.call("SET", `key:${n}`, `value ${n}`);
  await client.call("HSET", "{m:1}:hash", "a", "1");
  await client.call("SET", "going", "1", "PXAT", 4_000_000_000_000);
}

/** What tells whether anything was lost, as one server has it. */
async function shown(client: TestClient): Promise<unknown> {
  const infos = [];
  for (const name of names) infos.push(fields(await client.call("SM.INFO", name)));
  // Without the time for which they are idle.
  const pending = (await client.call("XPENDING", "sm:tasks:charge", "g", "-", "+", 100)) as unknown[][];
  const histories = [];
  for (const name of names) histories.push(await client.call("SM.HISTORY", name, "-", "+"));
  return {
    infos,
    histories,
    children: await client.call("SM.STATE", "{m:1}.kid"),
    counts: await client.call("SM.COUNT", "parent"),
    size: await client.call("DBSIZE"),
    definitions: await client.call("SM.DEF", "LIST"),
    plans: await client.call("SM.MIGRATION", "LIST"),
    changes: await client.call("XRANGE", "sm:changes:parent", "-", "+"),
    tasks: await client.call("XRANGE", "sm:tasks:charge", "-", "+"),
    pending: pending.map(([id, consumer, , count]) => [id, consumer, count]),
    expires: await client.call("PEXPIRETIME", "going"),
    function: await client.call("FCALL", "one", 0),
  };
}

async function served<T>(directory: string, work: (client: TestClient) => Promise<T>): Promise<T> {
  const server = await startTestServer({ store: Store.open(directory, OBJECT_TYPES) });
  try {
    return await work(await server.client());
  } finally {
    await server.close();
  }
}

describe.skipIf(noPostgres !== undefined)("detent move with several partitions", () => {
  const database = useClusterDatabase();

  async function emptyCluster(partitions: number): Promise<string> {
    const url = await database.schema();
    await createSchema(await connectedTo(url), partitions);
    return url;
  }

  /** A server that holds all partitions of a cluster; without hints it carries no events between them. */
  async function clusterServed<T>(
    url: string,
    work: (client: TestClient) => Promise<T>,
    hints?: PostHints,
  ): Promise<T> {
    const control = await connectedTo(url);
    const { rows } = await control.query<{ p: number; first: number; last: number; epoch: string }>(
      `update detent_partition set owner = 'me:1', epoch = epoch + 1, lease_until = now() + interval '1 hour'
       returning p, slot_first as first, slot_last as last, epoch`,
    );
    const ranges = rows
      .toSorted((a, b) => a.p - b.p)
      .map(({ p, first, last, epoch }) => ({ p, firstSlot: first, lastSlot: last, epoch: Number(epoch) }));
    const places = placesOf(ranges);
    const view = new ClusterState(memberId("a"));
    view.update({
      members: [member("a", 7001)],
      partitions: ranges.map(({ p, firstSlot, lastSlot, epoch }) => ({
        ...{ partition: p, firstSlot, lastSlot, epoch },
        ownerId: memberId("a"),
      })),
    });
    const partitions: Partition[] = [];
    for (const { p, firstSlot, lastSlot, epoch } of ranges) {
      const store = await Store.openPostgres({ url, partition: p, owner: "me:1", epoch }, OBJECT_TYPES);
      const place = places[p];
      if (place === undefined) throw new Error("a place for each");
      const post = hints && store.post(hints);
      partitions.push(new Partition({ store, place, firstSlot, lastSlot, post }));
      view.serveUntil(p, Number.POSITIVE_INFINITY);
    }
    const server = await startTestServer({ cluster: view, partitions });
    try {
      return await work(await server.client());
    } finally {
      await server.close();
      for (const { store } of partitions) await store.close();
      await control.query(
        "update detent_partition set owner = null, lease_until = now() - interval '1 hour'",
      );
    }
  }

  test("a directory comes back as it was from clusters of five and of three partitions", async () => {
    const directory = temporaryDirectory();
    const before = await served(directory, async (client) => {
      await fill(client);
      return await shown(client);
    });
    const [five, three] = [await emptyCluster(5), await emptyCluster(3)];
    expect(await cli("move", directory, five)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/: \d+ keys and 2 definitions$/),
    });
    await clusterServed(five, async (client) => {
      expect(await client.call("SM.VERIFY")).toEqual([]);
      for (const name of names) {
        const kid = `{${name}}.kid`;
        if (name < "m:8") expect(await client.call("SM.STATE", kid)).toEqual(["a"]);
        expect(await client.call("EXISTS", name)).toBe(1);
      }
      for (let n = 0; n < 300; n += 1) expect(await client.call("GET", `key:${n}`)).toBe(`value ${n}`);
      expect(await client.call("SM.SEND", "m:1", "RUN", "ID", "run")).toEqual(["busy"]);
    });
    expect(await cli("move", five, three)).toMatchObject({ code: 0 });
    const back = join(temporaryDirectory(), "back");
    expect(await cli("move", three, back)).toMatchObject({ code: 0, err: "" });
    await served(back, async (client) => {
      expect(await client.call("SM.VERIFY")).toEqual([]);
      expect(await shown(client)).toEqual(before);
    });
    expect(await cli("move", directory, three)).toMatchObject({
      code: 1,
      err: expect.stringContaining("has something in it already"),
    });
  }, 120_000);

  test("events that are on their way between partitions arrive wherever their machines are moved", async () => {
    const before = temporaryDirectory();
    await served(before, async (client) => {
      await define(client, "child:v1", CHILD);
      await define(client, "parent:v1", PARENT);
      for (const name of names) await client.call("SM.CREATE", name, "parent:v1");
      await client.call("SM.SEND", "m:0", "RUN");
    });
    const url = await emptyCluster(4);
    await cli("move", before, url);
    const letters = await clusterServed(url, async (client) => {
      for (const name of names.slice(1))
        await client.call("SM.SEND", "m:0", "TELL", JSON.stringify({ to: name }));
      const states = [];
      for (const name of names) states.push(String(await client.call("SM.STATE", name)));
      return states.filter((state) => state === "idle").length;
    });
    expect(letters).toBeGreaterThan(0);
    const greeted = async (client: TestClient) => {
      const states = async () => {
        const all = [];
        for (const name of names.slice(1)) all.push(String(await client.call("SM.STATE", name)));
        return all;
      };
      await expect.poll(states, { timeout: 10_000 }).toEqual(names.slice(1).map(() => "greeted"));
      expect(await client.call("SM.VERIFY")).toEqual([]);
    };
    const what = `, ${letters} events between machines`;
    const [two, directory] = [await emptyCluster(2), join(temporaryDirectory(), "all")];
    expect((await cli("move", url, directory)).out).toContain(what);
    await served(directory, greeted);
    expect((await cli("move", url, two)).out).toContain(what);
    // Some are for a machine of the sender's own partition now.
    await clusterServed(two, greeted, new PostHints());
  }, 120_000);
});
