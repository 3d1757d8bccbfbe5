/** PostgreSQL is killed and starts again while commits are on their way: nothing that was settled is lost, nothing is there twice. */
import { describe, expect, test } from "vitest";
import { bytesOfText, chars, raw } from "../../../src/base/bytes.ts";
import { PostgresStore } from "../../../src/storage/postgres/postgres-store.ts";
import { untilLoaded } from "../../../src/storage/until-loaded.ts";
import { connectedTo, takePartition, useClusterDatabase } from "../../support/cluster-database.ts";
import { noPostgres } from "../../support/postgres.ts";

const ROUNDS = 4;
const LIMITS = { tableBytesMax: 12_000, cacheBytesMax: 20_000 };

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe.skipIf(noPostgres !== undefined)("PostgreSQL is killed", () => {
  const database = useClusterDatabase(["fsync=off", "shared_buffers=16MB", "wal_buffers=64kB"]);

  test("and what was settled is there when it is back, each commit once", async () => {
    const url = await database.cluster();
    const model = new Map<string, string>();
    let store = await PostgresStore.open({ url, partition: 0, owner: "owner", epoch: 1, limits: LIMITS });
    let count = 0;
    let checkpoints = 0;
    const commit = () => {
      count += 1;
      const [key, value] = [`k${(count * 31) % 97}`, `${count}:${"x".repeat((count * 53) % 400)}`];
      model.set(key, value);
      store.commit([
        [bytesOfText(key), Buffer.from(value)],
        [bytesOfText("n"), Buffer.from(String(count))],
      ]);
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const before = count; count < before + 200; await turn())
        if (store.position - store.settledPosition < 8) commit();
      let isDown = false;
      const downAndUp = (async () => {
        for (let turns = 0; turns < 40 * round; turns += 1) await turn();
        await database.server.kill();
        isDown = true;
        await database.server.restart();
      })();
      // Commits go on until it is down, and a few more; then the store refuses them after a while.
      for (let more = 20; more > 0; more -= isDown ? 1 : 0) {
        if (store.position - store.settledPosition < 8) commit();
        await turn();
      }
      await downAndUp;
      await store.drained();
      expect([store.settledPosition, store.failure]).toEqual([count, undefined]);
      if (round % 2 === 1) {
        // Another owner finds all of it.
        checkpoints += store.status().checkpointCount;
        store.abandon();
        const client = await connectedTo(url);
        const epoch = await takePartition(client, `owner${round}`);
        store = await PostgresStore.open({
          url,
          partition: 0,
          owner: `owner${round}`,
          epoch,
          limits: LIMITS,
        });
        expect(store.position).toBe(count);
        await client.end();
      }
      const found = await untilLoaded(() =>
        [...store.range(raw("k"), raw("l"))].map(([key, value]) => [chars(key), value.toString()]),
      );
      expect(found).toEqual([...model].sort(([a], [b]) => (a < b ? -1 : 1)));
      expect((await untilLoaded(() => store.get(bytesOfText("n"))))?.toString()).toBe(String(count));
    }
    expect(checkpoints).toBeGreaterThan(0);
    await store.close();
  }, 240_000);
});
