/** The client over several servers: what speaks of all machines speaks of those of all servers, while partitions change hands. */
import { Cluster } from "ioredis";
import { expect, onTestFinished, test, vi } from "vitest";
import { createClient } from "../../src/client/client.ts";

import { type SharedServers, sharedInMemory } from "../support/shared-servers.ts";

const JOB = {
  initial: "open",
  states: {
    open: {
      sla: 1,
      on: { GO: { target: "working", actions: [{ task: "work", attempts: 1, failed: "FAILED" }] } },
    },
    working: { on: { FAILED: "failed" } },
    failed: {},
  },
} as const;
const PARTITIONS = [0, 1, 2, 3, 4, 5];
const EACH = 12;

/** On a machine that is busy. */
const PATIENCE = { timeout: 20_000, interval: 20 };

async function begin() {
  const servers = await sharedInMemory();
  const port = servers.server(0).running.port;
  const connection = new Cluster([{ host: "127.0.0.1", port }]);
  connection.on("error", () => undefined);
  onTestFinished(() => connection.disconnect());
  const client = createClient(connection);
  await client.define("job", JOB);
  const keys = PARTITIONS.flatMap((number) =>
    Array.from({ length: EACH }, (_, index) => servers.keyOf(number, `job${index}`)),
  );
  await Promise.all(keys.map((key) => client.create(key, "job")));
  return { servers, connection, client, keys };
}

/** A partition goes from the server that has it to the next one. */
async function move(servers: SharedServers, number: number): Promise<void> {
  const index = servers.servers.findIndex(({ held }) => held.includes(number));
  await servers.lose(index, number);
  await servers.take((index + 1) % servers.servers.length, number);
}

test("scan() finds each machine of all servers once while partitions change hands", async () => {
  const { servers, client, keys } = await begin();
  const found: string[] = [];
  let step = 0;
  for await (const key of client.scan({ count: 5 })) {
    found.push(key);
    step += 1;
    if (step % 4 === 0) await move(servers, (step / 4) % PARTITIONS.length);
  }
  expect(found.sort()).toEqual(keys.toSorted());
  const shown: string[] = [];
  for await (const { key, states } of client.scanMachines({ state: "open" })) {
    shown.push(key);
    expect(states).toEqual(["open"]);
  }
  expect(shown.sort()).toEqual(keys.toSorted());
});

test("a partition without an owner is waited for, and not left out", async () => {
  const { servers, client, keys } = await begin();
  await servers.lose(1, 1);
  const counted = client.count({ definition: "job" });
  const scanned = (async () => {
    let count = 0;
    for await (const _ of client.scan()) count += 1;
    return count;
  })();
  await servers.take(2, 1);
  expect(await counted).toBe(keys.length);
  expect(await scanned).toBe(keys.length);
});

test("count() and countBy() sum over all servers", async () => {
  const { servers, client, keys } = await begin();
  await client.send(keys[0] ?? "", "GO");
  await client.send(keys.at(-1) ?? "", "GO");
  const counts = (async () => {
    for (let round = 0; round < 20; round += 1) {
      expect(await client.count()).toBe(keys.length);
      expect(await client.countBy("state")).toEqual({ open: keys.length - 2, working: 2 });
    }
  })();
  for (const number of PARTITIONS) await move(servers, number);
  await counts;
  expect(Object.keys(await client.countBy("state"))).toEqual(["open", "working"]);
  expect(await client.countBy("status")).toEqual({ active: keys.length });
});

test("overdue() lists those of all servers, the longest first", async () => {
  const { servers, client, keys } = await begin();
  const overdue = async () => {
    const found: { readonly key: string; readonly sinceMs: number }[] = [];
    for await (const { key, since, sla } of client.overdue({ count: 3 })) {
      found.push({ key, sinceMs: since + sla });
      if (found.length % 10 === 0) await move(servers, found.length % PARTITIONS.length);
    }
    return found;
  };
  await vi.waitFor(async () => expect((await overdue()).length).toBe(keys.length), PATIENCE);
  const found = await overdue();
  expect(found.map(({ key }) => key).sort()).toEqual(keys.toSorted());
  const times = found.map(({ sinceMs }) => sinceMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test("requeue() puts tasks of all servers back, as many as are wanted", async () => {
  const { client, keys } = await begin();
  const chosen = keys.filter((_, index) => index % EACH < 2);
  let isBroken = true;
  const worker = await client.worker(
    "work",
    async () => {
      if (isBroken) throw new Error("broken");
    },
    { concurrency: 5, backoff: { delayMs: 1 }, onError: () => undefined },
  );
  await Promise.all(chosen.map((key) => client.send(key, "GO")));
  const dead = async () =>
    (await client.streams({ kind: "dead" })).reduce((sum, { length }) => sum + (length ?? 0), 0);
  await vi.waitFor(async () => expect(await dead()).toBe(chosen.length), PATIENCE);
  await worker.stop();
  isBroken = false;
  expect(await client.requeue("all", { count: 3 })).toBe(3);
  expect(await client.requeue("all", { task: "other" })).toBe(0);
  expect(await client.requeue("all")).toBe(chosen.length - 3);
  expect(await dead()).toBe(0);
});

test("a migration is counted over all servers", async () => {
  const { servers, client, keys } = await begin();
  await client.define("job:v2", { ...JOB, context: { second: true } });
  const id = await client.migrations.start({ from: "job:v1", to: "job:v2" });
  await move(servers, 3);
  await vi.waitFor(async () => expect((await client.migrations.status(id)).status).toBe("DONE"), PATIENCE);
  expect(await client.migrations.status(id)).toMatchObject({ moved: keys.length, left: 0, held: 0 });
  expect(await client.migrations.list()).toMatchObject([{ id, status: "DONE" }]);
  expect(await client.migrations.undoPlan(id)).toMatchObject({ id, machines: keys.length });
  expect(await client.migrations.undo(id)).toMatchObject({ id, machines: keys.length });
  await vi.waitFor(async () => expect((await client.migrations.status(id)).status).toBe("UNDONE"), PATIENCE);
  expect(await client.count({ definition: "job:v1" })).toBe(keys.length);
  expect(await client.verify()).toEqual([]);
});
