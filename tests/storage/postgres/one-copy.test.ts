/** A store that wants two copies, over a primary whose synchronous standby is dropped and comes back. */
import { expect, onTestFinished, test } from "vitest";
import { bytesOfText } from "../../../src/base/bytes.ts";
import { PostgresStore } from "../../../src/storage/postgres/postgres-store.ts";
import { createSchema } from "../../../src/storage/postgres/schema.ts";
import { takePartition } from "../../support/cluster-database.ts";
import { noPostgres } from "../../support/postgres.ts";
import { PostgresPair } from "../../support/postgres-pair.ts";

test.skipIf(noPostgres !== undefined)(
  "a store that requires a standby settles nothing without one, also not what has waited for it",
  async () => {
    const pair = await PostgresPair.start();
    onTestFinished(() => pair.stop());
    const client = await pair.connect();
    onTestFinished(() => client.end());
    await createSchema(client);
    const epoch = await takePartition(client, "owner");
    const store = await PostgresStore.open({
      url: pair.url,
      partition: 0,
      owner: "owner",
      epoch,
      requiresStandby: true,
    });
    onTestFinished(() => store.abandon());
    const put = (key: string) => store.commit([[bytesOfText(key), Buffer.from("x")]]);
    const sees = async (condition: string) =>
      ((await client.query(`select 1 where ${condition}`)).rowCount ?? 0) > 0;
    put("a");
    await store.drained();

    pair.standby.signalAll("SIGSTOP");
    put("b");
    while (!(await sees("exists (select from pg_stat_activity where wait_event = 'SyncRep')"))) await null;
    // The database calls it done, and it is on one copy.
    await pair.dropStandby();
    while (!(await sees("exists (select from detent_journal where sequence = 2)"))) await null;
    while (store.failure === undefined) await new Promise((resolve) => setImmediate(resolve));
    expect(store.failure.message).toContain("it has no synchronous standby");
    expect(() => put("c")).toThrow("it has no synchronous standby");
    expect(store.settledPosition).toBe(1);

    pair.standby.signalAll("SIGCONT");
    await pair.awaitStandby();
    await store.drained();
    expect([store.settledPosition, store.failure]).toEqual([2, undefined]);
    put("d");
    await store.drained();
  },
  240_000,
);
