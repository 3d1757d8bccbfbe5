/** Three servers over a database with several partitions, as programs: one is killed, another ends, and nothing acknowledged is lost. */
import { expect, onTestFinished, test } from "vitest";
import { TestClient } from "../support/client.ts";
import { noPostgres } from "../support/postgres.ts";
import { startRealCluster } from "../support/real-cluster.ts";
import { ClusterClient } from "./cluster/client.ts";

const PARTITIONS = 6;
const KEYS = 60;

async function shares(ports: readonly number[]): Promise<readonly number[]> {
  const counts = new Map(ports.map((port) => [port, 0]));
  const client = await TestClient.connect(ports[0] ?? 0);
  const slots = (await client.call("CLUSTER", "SLOTS")) as unknown as [number, number, [string, number]][];
  await client.close();
  for (const [, , [, port]] of slots) counts.set(port, (counts.get(port) ?? 0) + 1);
  return [...counts.values()];
}

test.skipIf(noPostgres !== undefined)(
  "servers share several partitions, take those of one that is killed, and keep what was acknowledged",
  async () => {
    const cluster = await startRealCluster(PARTITIONS);
    onTestFinished(() => cluster.close());
    await expect.poll(() => shares(cluster.ports), { timeout: 60_000, interval: 200 }).toEqual([2, 2, 2]);
    const client = new ClusterClient(cluster.ports);
    onTestFinished(() => client.close());
    await client.insist(
      "SM.DEF",
      "CREATE",
      "door",
      '{"initial":"shut","states":{"shut":{"on":{"OPEN":"open"}},"open":{}}}',
    );
    const counts = new Map<string, number>();
    const write = async () => {
      for (let key = 0; key < KEYS; key += 1) {
        const reply = await client.ask("INCR", `c:${key}`);
        if (reply.kind === "answered" && typeof reply.reply === "number") counts.set(`c:${key}`, reply.reply);
      }
    };
    await write();
    await client.insist("SM.CREATE", "front", "door");
    const killed = cluster.takeOver();
    await write();
    await killed;
    await write();
    for (const [key, count] of counts)
      expect([key, Number(await client.insist("GET", key))]).toEqual([key, count]);
    expect(await client.insist("SM.STATE", "front")).toEqual(["shut"]);
    await expect.poll(() => shares(cluster.ports), { timeout: 60_000, interval: 200 }).toEqual([2, 2, 2]);
  },
  240_000,
);
