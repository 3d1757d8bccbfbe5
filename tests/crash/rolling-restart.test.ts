/**
 * Three servers over a database with several partitions, restarted one after the other while a migration runs and clients send events:
 * the migration is completed, each machine is migrated once, and each event is applied once.
 */
import { Cluster } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { noPostgres } from "../support/postgres.ts";
import { startRealCluster } from "../support/real-cluster.ts";

const counting = (state: string) => ({
  initial: state,
  context: { n: 0 },
  states: { [state]: { on: { ADD: { actions: { assign: { n: "context.n + 1" } } } } } },
});
const KEYS = Array.from({ length: 150 }, (_, index) => `order:${index}`).sort();
/** Machines a second, of all partitions: it runs for 25 s at least, while the servers hand over one after the other. */
const RATE = 6;
const PATIENCE = { timeout: 120_000, interval: 200 };

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
  "a migration goes on through a rolling restart, and moves each machine once",
  async () => {
    const cluster = await startRealCluster(6);
    onTestFinished(() => cluster.close());
    const connection = new Cluster(
      cluster.ports.map((port) => ({ host: "127.0.0.1", port })),
      { retryDelayOnClusterDown: 300, retryDelayOnFailover: 300 },
    );
    connection.on("error", () => undefined);
    onTestFinished(() => connection.disconnect());
    const client = createClient(connection);
    await insisted(() => client.define("order:v1", counting("open")));
    await insisted(() => client.define("order:v2", counting("unpaid")));
    for (const key of KEYS) await insisted(() => client.create(key, "order:v1", { isNew: true }));

    let rounds = 0;
    const step = async (): Promise<void> => {
      rounds += 1;
      const id = `s${rounds}`;
      await Promise.all(KEYS.map((key) => insisted(() => client.send(key, "ADD", undefined, { id }))));
    };
    const { migrations } = client;
    const map = { states: { open: "unpaid" } };
    const id = await migrations.start({ from: "order:v1", to: "order:v2", map }, { rate: RATE });
    const status = () => insisted(() => migrations.status(id));
    expect((await status()).status).toBe("RUNNING");
    let isOver = false;
    const restarting = (async () => {
      for (const index of [0, 1, 2]) await cluster.restart(index);
    })().finally(() => {
      isOver = true;
    });
    while (!isOver) await step();
    await restarting;

    await expect
      .poll(status, PATIENCE)
      .toMatchObject({ status: "DONE", moved: KEYS.length, held: 0, left: 0 });
    await step();
    for (const key of KEYS) {
      const machine = await insisted(() => client.get(key));
      expect([key, machine?.definition, machine?.context]).toEqual([key, "order:v2", { n: rounds }]);
      const history = await insisted(() => client.history(key));
      const kinds = history.map(({ kind }) => kind).filter((kind) => kind !== "event");
      expect([key, kinds]).toEqual([key, ["create", "migrate"]]);
    }
  },
  300_000,
);
