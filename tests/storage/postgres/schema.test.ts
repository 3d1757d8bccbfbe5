/** The tables of a cluster: made once, upgraded, refused where they are newer; and how statements on a partition wait for one another. */
import type pg from "pg";
import { describe, expect, test } from "vitest";
import {
  assertSchema,
  createSchema,
  SCHEMA_FORMAT,
  schemaState,
} from "../../../src/storage/postgres/schema.ts";
import { connectedTo, useClusterDatabase } from "../../support/cluster-database.ts";
import { noPostgres } from "../../support/postgres.ts";

describe.skipIf(noPostgres !== undefined)("the tables of a cluster", () => {
  const database = useClusterDatabase();

  test("createSchema() makes them once, also when two do it at the same time", async () => {
    const url = await database.schema();
    const clients = [await connectedTo(url), await connectedTo(url)];
    const [client] = clients as [pg.Client, pg.Client];
    expect(await schemaState(client)).toBe("missing");
    await expect(assertSchema(client)).rejects.toThrow("run 'detent cluster init URL' first");
    const before = await Promise.all(clients.map((one) => createSchema(one)));
    expect(before.toSorted()).toEqual(["current", "missing"]);
    await assertSchema(client);
    const { rows } = await client.query(
      "select p, slot_first, slot_last, owner, epoch, mark from detent_partition",
    );
    expect(rows).toEqual([{ p: 0, slot_first: 0, slot_last: 16383, owner: null, epoch: "0", mark: "0" }]);
  });

  test("createSchema() divides the slots among partitions without a gap", async () => {
    const client = await connectedTo(await database.schema());
    await createSchema(client, 3);
    const { rows } = await client.query("select slot_first, slot_last from detent_partition order by p");
    expect(rows).toEqual([
      { slot_first: 0, slot_last: 5460 },
      { slot_first: 5461, slot_last: 10921 },
      { slot_first: 10922, slot_last: 16383 },
    ]);
  });

  test("createSchema() upgrades tables of the first format, and what they hold stays", async () => {
    const client = await connectedTo(await database.schema());
    await createSchema(client, 1, 1);
    await client.query("update detent_partition set owner = 'me', epoch = 7, mark = 3");
    await client.query("insert into detent_data (p, key, value) values (0, 'k', 'v')");
    expect(await schemaState(client)).toBe("older");
    await expect(assertSchema(client)).rejects.toThrow("run 'detent cluster init URL' to upgrade them");
    expect(await createSchema(client)).toBe("older");
    await assertSchema(client);
    const { rows } = await client.query("select p, owner, epoch, mark, log from detent_partition");
    expect(rows).toEqual([{ p: 0, owner: "me", epoch: "7", mark: "3", log: "0" }]);
    const counts = await client.query(
      `select (select count(*) from detent_data)::int as data, (select count(*) from detent_log)::int as log,
       (select count(*) from detent_mail)::int as mail`,
    );
    expect(counts.rows).toEqual([{ data: 1, log: 0, mail: 0 }]);
    expect(await createSchema(client)).toBe("current");
  });

  test("createSchema() refuses tables of a newer version, and leaves them", async () => {
    const client = await connectedTo(await database.cluster());
    await client.query("update detent_meta set format = $1", [SCHEMA_FORMAT + 1]);
    await expect(createSchema(client)).rejects.toThrow("use a newer Detent");
    await expect(assertSchema(client)).rejects.toThrow("use a newer Detent");
    expect(await schemaState(client)).toBe("newer");
  });

  test("createSchema() says so when there is no schema of the search path", async () => {
    const client = await connectedTo(`${database.server.url}&options=-csearch_path%3Dnowhere`);
    await expect(createSchema(client)).rejects.toThrow("no schema of the search path");
  });

  test("a lease is renewed while a statement of the owner is under way, and the epoch is raised after it", async () => {
    const url = await database.cluster();
    const [owner, other] = [await connectedTo(url), await connectedTo(url)];
    await owner.query("begin");
    await owner.query("select 1 from detent_partition where p = 0 and epoch = 1 for key share");
    await other.query("update detent_partition set lease_until = now(), mark = 5 where p = 0");
    await other.query("set lock_timeout = '50ms'");
    const raise = "update detent_partition set epoch = epoch + 1 where p = 0";
    await expect(other.query(raise)).rejects.toThrow("lock timeout");
    await owner.query("commit");
    await other.query(raise);
    const { rowCount } = await owner.query(
      "select 1 from detent_partition where p = 0 and epoch = 1 for key share",
    );
    expect(rowCount).toBe(0);
  });

  test("a statement of the owner does not wait for a renewal, and sees the epoch that it has waited for", async () => {
    const url = await database.cluster();
    const [owner, other] = [await connectedTo(url), await connectedTo(url)];
    const held = "select 1 from detent_partition where p = 0 and epoch = 1 for key share";
    await other.query("begin");
    await other.query("update detent_partition set lease_until = now() where p = 0");
    expect((await owner.query(held)).rowCount).toBe(1);
    await other.query("update detent_partition set epoch = epoch + 1 where p = 0");
    const waiting = owner.query(held);
    await other.query("commit");
    expect((await waiting).rowCount).toBe(0);
  });
});
