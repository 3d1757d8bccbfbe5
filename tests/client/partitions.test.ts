/** The client over a cluster whose partitions change hands: what reads streams reads those of all of them. */
import { Cluster } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import type { Connection } from "../../src/client/connection.ts";
import { type SharedServers, sharedInMemory } from "../support/shared-servers.ts";
import { led } from "./ways.ts";

const JOB = {
  initial: "open",
  states: {
    open: { on: { GO: { target: "working", actions: [{ task: "work", done: "DONE" }] }, STEP: {} } },
    working: { on: { DONE: "done" } },
    done: { type: "final" },
  },
} as const;
const PARTITIONS = [0, 1, 2, 3, 4, 5];

async function begin() {
  const servers = await sharedInMemory();
  const port = servers.server(0).running.port;
  const connection = new Cluster([{ host: "127.0.0.1", port }]);
  connection.on("error", () => undefined);
  onTestFinished(() => connection.disconnect());
  const client = createClient(connection);
  await client.define("job", JOB);
  return { servers, connection, client };
}

/** A partition goes from the server that has it to the next one. */
async function move(servers: SharedServers, number: number): Promise<void> {
  const index = servers.servers.findIndex(({ held }) => held.includes(number));
  await servers.lose(index, number);
  await servers.take((index + 1) % servers.servers.length, number);
}

test("streams() names those of all partitions, whichever server is asked", async () => {
  const { servers, client } = await begin();
  const streams = await client.streams({ kind: "changes", name: "job" });
  expect(streams.map(({ partition }) => partition)).toEqual(PARTITIONS);
  expect(new Set(streams.map(({ port }) => port))).toEqual(
    new Set(servers.servers.map(({ running }) => running.port)),
  );
});

test("changes() reads the changes of all partitions, each machine's in order, while partitions change hands", async () => {
  const { servers, client } = await begin();
  const keys = PARTITIONS.map((number) => servers.keyOf(number, "job"));
  for (const key of keys) await client.create(key, "job");
  const revs = new Map<string, number[]>(keys.map((key) => [key, []]));
  const ending = new AbortController();
  let seen = 0;
  const reading = (async () => {
    for await (const change of client.changes("job", { group: "g", signal: ending.signal })) {
      revs.get(change.key)?.push(change.rev);
      expect(change.stream).toMatch(/^sm:changes:\{\w+\}:job$/);
      await change.ack();
      seen += 1;
    }
  })();
  for (let round = 0; round < 4; round += 1) {
    await Promise.all(keys.map((key) => client.send(key, "STEP")));
    for (const number of [round, round + 2]) await move(servers, number);
  }
  await Promise.all(keys.map((key) => client.send(key, "STEP")));
  await expect.poll(() => seen, { timeout: 20_000 }).toBe(keys.length * 6);
  ending.abort();
  await reading;
  for (const key of keys) expect([key, revs.get(key)]).toEqual([key, [1, 2, 3, 4, 5, 6]]);
});

test("changes() gives what was not acknowledged again, of all partitions", async () => {
  const { servers, client } = await begin();
  for (const number of PARTITIONS) await client.create(servers.keyOf(number, "job"), "job");
  const read = async (): Promise<readonly string[]> => {
    const keys: string[] = [];
    for await (const { key } of client.changes("job", { group: "g" })) {
      keys.push(key);
      if (keys.length === PARTITIONS.length) break;
    }
    return keys.sort();
  };
  expect(await read()).toEqual(await read());
});

test("a worker does the tasks of all partitions once, while partitions change hands", async () => {
  const { servers, client } = await begin();
  const keys = PARTITIONS.flatMap((number) => [1, 2, 3].map((each) => servers.keyOf(number, `job${each}`)));
  const done: string[] = [];
  let running = 0;
  const most: number[] = [];
  const worker = await client.worker(
    "work",
    async ({ key }) => {
      running += 1;
      most.push(running);
      await Promise.resolve();
      done.push(key);
      running -= 1;
    },
    { concurrency: 2, retryAfterMs: 300, onError: () => undefined },
  );
  onTestFinished(() => worker.stop());
  for (const [index, key] of keys.entries()) {
    await client.create(key, "job");
    await client.send(key, "GO", undefined, { id: "go" });
    if (index % 5 === 0) await move(servers, index % PARTITIONS.length);
  }
  for (const key of keys) await expect.poll(() => client.state(key), { timeout: 20_000 }).toEqual(["done"]);
  await worker.stop();
  expect(new Set(done)).toEqual(new Set(keys));
  expect(Math.max(...most)).toBeLessThanOrEqual(2);
});

test("readers of streams read the plain ones when the server does not know SM.STREAMS", async () => {
  const asked: string[] = [];
  const old = (connection: Connection): Connection =>
    led(connection, (call) => async (command, ...args) => {
      if (command === "SM.STREAMS") throw new Error("ERR unknown command 'SM.STREAMS'");
      if (command === "XGROUP") asked.push(String(args[1]));
      return call(command, ...args);
    });
  const { connection } = await begin();
  const client = createClient(old(connection));
  const ending = new AbortController();
  const changes = client.changes("job", { group: "g", signal: ending.signal });
  const next = changes.next();
  const worker = await client.worker("work", async () => undefined);
  onTestFinished(() => worker.stop());
  await expect.poll(() => asked.toSorted()).toEqual(["sm:changes:job", "sm:tasks:work"]);
  ending.abort();
  await next;
});
