/** What a server answers of a cluster with several partitions. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ClusterState } from "../../../src/cluster/view.ts";
import { shardsOf } from "../../../src/commands/cluster/topology.ts";
import type { TestClient } from "../../support/client.ts";
import { member, memberId } from "../../support/cluster-view.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

/** Owners of four partitions: "a" has three, two of which follow each other. */
const OWNERS = ["a", "a", "b", "a"];

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  const partitions = OWNERS.map((owner, partition) => ({
    partition,
    firstSlot: partition * 4096,
    lastSlot: partition * 4096 + 4095,
    ownerId: memberId(owner),
    epoch: partition + 1,
  }));
  const members = [member("a", 7001), member("b", 7002), member("c", 7003)];
  server = await startTestServer({ cluster: new ClusterState(memberId("c"), { members, partitions }) });
  client = await server.client();
});
afterAll(() => server.close());

test("CLUSTER NODES gives each owner the ranges of its slots", async () => {
  expect(String(await client.call("CLUSTER", "NODES")).split("\n")).toEqual([
    `${memberId("a")} 127.0.0.1:7001@0 master - 0 0 4 connected 0-8191 12288-16383`,
    `${memberId("b")} 127.0.0.1:7002@0 master - 0 0 3 connected 8192-12287`,
    `${memberId("c")} 127.0.0.1:7003@0 myself,slave ${memberId("a")} 0 0 0 connected`,
    "",
  ]);
});

test("CLUSTER SHARDS gives each partition as a shard", async () => {
  const shards = (await client.call("CLUSTER", "SHARDS")) as unknown[][];
  expect(shards.map(([, slots]) => slots)).toEqual([
    [0, 4095],
    [4096, 8191],
    [8192, 12287],
    [12288, 16383],
  ]);
});

test("CLUSTER SLOTS and INFO count all partitions", async () => {
  const slots = (await client.call("CLUSTER", "SLOTS")) as unknown[][];
  expect(slots.map(([first, last, master]) => [first, last, (master as unknown[])[1]])).toEqual([
    [0, 4095, 7001],
    [4096, 8191, 7001],
    [8192, 12287, 7002],
    [12288, 16383, 7001],
  ]);
  const info = String(await client.call("CLUSTER", "INFO"));
  expect(info).toContain("cluster_state:ok");
  expect(info).toContain("cluster_slots_ok:16384");
  expect(info).toContain("cluster_size:2");
});

test("shardsOf() gives a server one role when it stands for an owner that a partition has not got", () => {
  const partitions = ["b", undefined].map((owner, partition) => ({
    partition,
    firstSlot: partition * 8192,
    lastSlot: partition * 8192 + 8191,
    ownerId: owner && memberId(owner),
    epoch: 1,
  }));
  const members = [member("a", 7001), member("b", 7002), member("c", 7003)];
  const shards = shardsOf(new ClusterState(memberId("c"), { members, partitions }));
  expect(shards.map(({ master, replicas }) => [master.port, replicas.map(({ port }) => port)])).toEqual([
    [7002, [7003]],
    [7001, [7003]],
  ]);
});

test("a request is sent to the owner of its partition", async () => {
  for (const [key, slot, port] of [
    ["b", 3300, 7001],
    ["foo", 12182, 7002],
    ["a", 15495, 7001],
  ] as const)
    expect(await client.call("GET", key)).toMatchObject({ message: `MOVED ${slot} 127.0.0.1:${port}` });
});
