/** The client over ioredis' Cluster: where its commands go, and takeovers. */
import { setTimeout as delay } from "node:timers/promises";
import { Cluster } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { ClusterState, SLOT_COUNT } from "../../src/cluster/view.ts";
import { Partition } from "../../src/keyspace/partitions.ts";
import { WHOLE } from "../../src/keyspace/place.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { placesOf } from "../../src/places.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import { member, memberId } from "../support/cluster-view.ts";
import { startFakeCluster } from "../support/fake-cluster.ts";
import { freePort } from "../support/free-port.ts";
import { define } from "../support/machines.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const DOOR = {
  initial: "shut",
  states: { shut: { on: { OPEN: "open" } }, open: { on: { SHUT: "shut" } } },
} as const;

function connect(port: number): Cluster {
  const connection = new Cluster([{ host: "127.0.0.1", port }]);
  connection.on("error", () => undefined);
  onTestFinished(() => connection.disconnect());
  return connection;
}

/** Two servers of which each owns half of the slots. */
async function startHalves(): Promise<readonly [TestServer, TestServer]> {
  const ports = [await freePort(), await freePort()];
  const half = SLOT_COUNT / 2;
  const ranges = [
    { firstSlot: 0, lastSlot: half - 1 },
    { firstSlot: half, lastSlot: SLOT_COUNT - 1 },
  ];
  const places = placesOf(ranges);
  const letters = ["a", "b"];
  const facts = {
    members: letters.map((letter, index) => member(letter, ports[index] ?? 0)),
    partitions: ranges.map((range, partition) => {
      return { partition, ...range, ownerId: memberId(letters[partition] ?? ""), epoch: 1 };
    }),
  };
  const begin = async (number: 0 | 1): Promise<TestServer> => {
    const cluster = new ClusterState(memberId(letters[number] ?? ""), facts);
    cluster.serveUntil(number, Number.POSITIVE_INFINITY);
    const store = Store.over(new MemoryStore(), OBJECT_TYPES);
    const partition = new Partition({ store, place: places[number] ?? WHOLE, ...ranges[number] });
    const server = await startTestServer({ cluster, port: ports[number] ?? 0, partitions: [partition] });
    onTestFinished(() => server.close());
    const client = await server.client();
    await define(client, "door", DOOR);
    return server;
  };
  return [await begin(0), await begin(1)];
}

test("the client sends commands of machines to the server of their key, ioredis alone to any", async () => {
  const servers = await startHalves();
  const connection = connect(servers[0].port);
  const redirections = () =>
    servers.reduce((sum, { context }) => sum + (context.statistics.errors.get("MOVED") ?? 0), 0);
  const client = createClient(connection, DOOR);
  for (let number = 0; number < 100; number += 1) {
    expect(await client.create(`door:${number}`, "door")).toBe(true);
    expect((await client.send(`door:${number}`, "OPEN"))?.states).toEqual(["open"]);
  }
  // One round trip a command.
  expect(redirections()).toBe(0);
  for (let number = 0; number < 100; number += 1) await connection.call("SM.STATE", `door:${number}`);
  // One and a half: half of them meet the other server first.
  expect(redirections()).toBeGreaterThan(20);
  expect(redirections()).toBeLessThan(80);
});

test("errors keep their type, and a duplicate is routed too", async () => {
  const [server] = await startHalves();
  const client = createClient(connect(server.port));
  await client.create("door:x", "door");
  await expect(client.send("door:x", "SHUT")).rejects.toMatchObject({ name: "DetentError", code: "ILLEGAL" });
});

test("createClient() refuses a cluster with a keyPrefix", () => {
  const connection = new Cluster([{ port: 1 }], { lazyConnect: true, redisOptions: { keyPrefix: "app:" } });
  onTestFinished(() => connection.disconnect());
  expect(() => createClient(connection)).toThrow(/keyPrefix/);
});

test("events, a worker and changes go on through a takeover", async () => {
  const cluster = await startFakeCluster();
  onTestFinished(() => cluster.close());
  const connection = connect(cluster.ports[0] ?? 0);
  const client = createClient(connection);
  await client.define("job", {
    initial: "open",
    states: {
      open: { on: { GO: { target: "working", actions: [{ task: "work", done: "DONE" }] } } },
      working: { on: { DONE: "done" } },
      done: { type: "final" },
    },
  });
  const worker = await client.worker("work", async () => ({ ok: true }), { onError: () => undefined });
  onTestFinished(() => worker.stop());
  const until = async (key: string, state: string) => {
    for (;;) {
      const states = await client.state(key).catch((): readonly string[] => []);
      if (states.includes(state)) return;
      await delay(5);
    }
  };
  await client.create("job:1", "job");
  await client.send("job:1", "GO");
  await until("job:1", "done");
  await cluster.takeOver("b");
  expect(await client.state("job:1")).toEqual(["done"]);
  await client.create("job:2", "job");
  await client.send("job:2", "GO", { id: "go" });
  await until("job:2", "done");
});
