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

/** Machines in all partitions, each of which sends on what it gets, to the next one. */
const RING = Array.from({ length: 24 }, (_, at) => `ring:${at}`);
const RELAY = {
  initial: "on",
  context: { next: "", passed: 0, got: 0 },
  states: {
    on: {
      on: {
        PASS: {
          actions: [
            { assign: { passed: "context.passed + 1" } },
            { send: { to: "context.next", event: "GOT" } },
          ],
        },
        GOT: { actions: [{ assign: { got: "context.got + 1" } }] },
      },
    },
  },
};

async function ring(client: ClusterClient): Promise<void> {
  await client.insist("SM.DEF", "CREATE", "relay", JSON.stringify(RELAY));
  for (const [at, key] of RING.entries()) {
    const next = RING[(at + 1) % RING.length];
    await client.insist("SM.CREATE", key, "relay", "CONTEXT", JSON.stringify({ next }));
  }
}

/** Each machine sends once, however often the client has to ask. */
async function pass(client: ClusterClient, id: string): Promise<void> {
  for (const key of RING) {
    for (;;) {
      const { kind } = await client.ask("SM.SEND", key, "PASS", "ID", id);
      if (kind === "answered") break;
    }
  }
}

/** How often each machine has sent, and has been sent to. */
async function received(client: ClusterClient): Promise<readonly (readonly [number, number])[]> {
  const counts: (readonly [number, number])[] = [];
  for (const key of RING) {
    const { passed, got } = JSON.parse(String(await client.insist("SM.CONTEXT", key)));
    counts.push([passed, got]);
  }
  return counts;
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
    expect(await client.insist("SAVE")).toMatchObject({
      message: expect.stringContaining("the data is in PostgreSQL: back up the database"),
    });
    await ring(client);
    await pass(client, "before");
    const killed = cluster.takeOver();
    await write();
    await pass(client, "meanwhile");
    await killed;
    await write();
    await expect.poll(() => received(client), { timeout: 60_000 }).toEqual(RING.map(() => [2, 2]));
    for (const [key, count] of counts)
      expect([key, Number(await client.insist("GET", key))]).toEqual([key, count]);
    expect(await client.insist("SM.STATE", "front")).toEqual(["shut"]);
    await expect.poll(() => shares(cluster.ports), { timeout: 60_000, interval: 200 }).toEqual([2, 2, 2]);
  },
  240_000,
);
