/** Many partitions of one process over a few connections. */
import { describe, expect, onTestFinished, test } from "vitest";
import { bytesOfText } from "../../../src/base/bytes.ts";
import { PostgresStore } from "../../../src/storage/postgres/postgres-store.ts";
import { createSchema } from "../../../src/storage/postgres/schema.ts";
import { LINES_MAX, SharedLines } from "../../../src/storage/postgres/shared-lines.ts";
import { connectedTo, useClusterDatabase } from "../../support/cluster-database.ts";
import { noPostgres } from "../../support/postgres.ts";

const PARTITIONS = 64;
const COMMITS = 20;
const SHARED_MAX = Object.values(LINES_MAX).reduce((sum, max) => sum + max, 0);

const key = (name: string) => bytesOfText(name);

describe.skipIf(noPostgres !== undefined)("connections that partitions share", () => {
  const database = useClusterDatabase();

  async function cluster(partitions = PARTITIONS) {
    const url = await database.schema();
    const control = await connectedTo(url);
    await createSchema(control, partitions);
    const lines = new SharedLines({ url });
    onTestFinished(() => lines.close());
    const open = async (partition: number): Promise<PostgresStore> => {
      const { rows } = await control.query<{ epoch: string }>(
        `update detent_partition set owner = 'me:' || epoch, epoch = epoch + 1,
           lease_until = now() + interval '1 hour' where p = $1 returning epoch`,
        [partition],
      );
      const epoch = Number(rows[0]?.epoch);
      const store = await PostgresStore.open({ url, partition, owner: `me:${epoch - 1}`, epoch, lines });
      onTestFinished(() => store.abandon());
      return store;
    };
    const backends = async () => {
      const { rows } = await control.query<{ pid: number }>(
        "select pid from pg_stat_activity where application_name like 'detent partitions %'",
      );
      return rows.map(({ pid }) => pid);
    };
    const journal = async (partition: number) => {
      const { rows } = await control.query<{ sequence: string }>(
        "select sequence from detent_journal where p = $1 order by sequence",
        [partition],
      );
      return rows.map(({ sequence }) => Number(sequence));
    };
    return { control, lines, open, backends, journal };
  }

  test("64 partitions commit over a few connections, each in order, and are read again", async () => {
    const { open, backends, journal } = await cluster();
    const stores: PostgresStore[] = [];
    for (let partition = 0; partition < PARTITIONS; partition += 1) stores.push(await open(partition));
    for (let n = 1; n <= COMMITS; n += 1) {
      for (const [partition, store] of stores.entries())
        store.commit([[key("n"), Buffer.from(`${partition}:${n}`)]]);
      await new Promise((done) => setImmediate(done));
    }
    await Promise.all(stores.map((store) => store.drained()));
    expect((await backends()).length).toBeLessThanOrEqual(SHARED_MAX);
    const sequences = Array.from({ length: COMMITS }, (_, index) => index + 1);
    for (const partition of [0, 31, 63]) expect(await journal(partition)).toEqual(sequences);
    // One that is closed leaves the others their connections.
    await stores[5]?.close();
    stores[6]?.abandon();
    stores[7]?.commit([[key("n"), Buffer.from("7:last")]]);
    await stores[7]?.drained();
    expect((await open(7)).get(key("n"))?.toString()).toBe("7:last");
    expect((await open(6)).get(key("n"))?.toString()).toBe(`6:${COMMITS}`);
  });

  test("a connection that breaks under many partitions loses and doubles no commit", async () => {
    const { control, open, backends, journal } = await cluster(12);
    const stores = await Promise.all(Array.from({ length: 12 }, (_, partition) => open(partition)));
    for (let round = 0; round < 5; round += 1) {
      for (let n = 0; n < COMMITS; n += 1) {
        for (const store of stores) store.commit([[key(`${round}:${n}`), Buffer.alloc(2000, "v")]]);
        await new Promise((done) => setImmediate(done));
        if (n % 7 === round)
          for (const pid of await backends()) await control.query("select pg_terminate_backend($1)", [pid]);
      }
    }
    await Promise.all(stores.map((store) => store.drained()));
    const all = Array.from({ length: 5 * COMMITS }, (_, index) => index + 1);
    for (const partition of stores.keys()) expect(await journal(partition)).toEqual(all);
  });

  test("drop the requests of a partition that is given up, and serve other partitions", async () => {
    const { control, lines, open } = await cluster(2);
    const other = await open(1);
    const statements = lines.statements("journal");
    const waiting = statements.run({ name: "sleep", text: "select pg_sleep(30)" }, []);
    const behind = statements.run({ name: "one", text: "select 1" }, []);
    const all = Promise.allSettled([waiting, behind]);
    await expect
      .poll(
        async () =>
          (await control.query("select from pg_stat_activity where query like 'select pg_sleep%'")).rowCount,
      )
      .toBe(1);
    statements.abandon();
    for (const ended of await all)
      expect(ended).toMatchObject({ status: "rejected", reason: { name: "DoubtError" } });
    other.commit([[key("a"), Buffer.from("1")]]);
    await other.drained();
  });
});
