/**
 * `detent/client` over three servers and a database with several partitions, of which one is killed: who follows changes is given each
 * once, and what speaks of all machines speaks of all of them meanwhile.
 */
import { Cluster } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { noPostgres } from "../support/postgres.ts";
import { startRealCluster } from "../support/real-cluster.ts";

const DOOR = { initial: "open", states: { open: { on: { STEP: {} } } } } as const;
const KEYS = Array.from({ length: 30 }, (_, index) => `door:${index}`).sort();

/** What was not answered is sent again under its id. */
async function insisted<Reply>(request: () => Promise<Reply>): Promise<Reply> {
  for (;;) {
    try {
      return await request();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

test.skipIf(noPostgres !== undefined)(
  "a reader of changes is given each once, and counts and walks are whole, while an owner is killed",
  async () => {
    const cluster = await startRealCluster(6, { hasHttp: true });
    onTestFinished(() => cluster.close());
    const connection = new Cluster(
      cluster.ports.map((port) => ({ host: "127.0.0.1", port })),
      { retryDelayOnClusterDown: 300, retryDelayOnFailover: 300 },
    );
    connection.on("error", () => undefined);
    onTestFinished(() => connection.disconnect());
    const client = createClient(connection);
    await insisted(() => client.define("door", DOOR));
    for (const key of KEYS) await insisted(() => client.create(key, "door", { isNew: true }));

    const revs = new Map<string, number[]>(KEYS.map((key) => [key, []]));
    const ending = new AbortController();
    const reading = (async () => {
      for await (const change of client.changes("door", { group: "g", signal: ending.signal })) {
        revs.get(change.key)?.push(change.rev);
        await change.ack();
      }
    })();
    let round = 0;
    const step = async (): Promise<void> => {
      round += 1;
      const id = `s${round}`;
      await Promise.all(KEYS.map((key) => insisted(() => client.send(key, "STEP", undefined, { id }))));
    };
    await step();
    let isOver = false;
    const killing = cluster.takeOver().finally(() => {
      isOver = true;
    });
    while (!isOver) {
      await step();
      expect(await client.count()).toBe(KEYS.length);
      const found: string[] = [];
      for await (const key of client.scan({ count: 3 })) found.push(key);
      expect(found.sort()).toEqual(KEYS);
    }
    await killing;
    await step();
    const expected = Array.from({ length: round + 1 }, (_, index) => index + 1);
    await expect
      .poll(() => [...revs.values()].every((each) => each.length >= expected.length), { timeout: 60_000 })
      .toBe(true);
    ending.abort();
    await reading;
    expect([...revs.values()]).toEqual(KEYS.map(() => expected));
    for (const port of cluster.httpPorts)
      await expect
        .poll(async () => (await fetch(`http://127.0.0.1:${port}/api/v1/counts`)).json(), { timeout: 60_000 })
        .toEqual({ count: KEYS.length });
  },
  240_000,
);
