import { describe, expect, test } from "vitest";
import { createSchema } from "../../src/storage/postgres/schema.ts";
import { cli } from "../support/cli.ts";
import { connectedTo, useClusterDatabase } from "../support/cluster-database.ts";
import { noPostgres } from "../support/postgres.ts";

const OWNER = "a".repeat(40);

describe.skipIf(noPostgres !== undefined)("detent cluster", () => {
  const database = useClusterDatabase();

  test("init creates the tables once", async () => {
    const url = await database.schema();
    expect(await cli("cluster", "status", url)).toMatchObject({
      code: 1,
      err: expect.stringContaining("the database holds no cluster: run 'detent cluster init URL' first"),
    });
    expect(await cli("cluster", "init", url)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^postgres:\/\/tester@\/postgres: the tables are created$/m),
    });
    expect(await cli("cluster", "init", url)).toMatchObject({
      code: 0,
      out: expect.stringContaining("the tables are there already, nothing had to be done"),
    });
  });

  test("status shows members, owner, journal and sizes", async () => {
    const url = await database.schema();
    await cli("cluster", "init", url);
    const empty = await cli("cluster", "status", url);
    expect(empty.code).toBe(1);
    expect(empty.out).toMatch(
      /Partition 0: slots 0-16383, epoch 0, no owner\n.*0 records, 0 bytes behind the mark 0/,
    );
    expect(empty.out).toContain("Members: none");
    const client = await connectedTo(url);
    await client.query(
      "update detent_partition set owner = $1, epoch = 3, lease_until = now() + interval '1 hour', mark = 5",
      [`${OWNER}:2`],
    );
    await client.query(
      `insert into detent_member (id, host, port, tls_port, info) values ($1, '10.0.0.1', 6379, 0, '{"version":"1.2.3","pid":7}')`,
      [OWNER],
    );
    await client.query(
      "insert into detent_journal select 0, n, 3, 0, 'abc'::bytea from generate_series(5, 7) n",
    );
    const served = await cli("cluster", "status", url);
    expect(served.code).toBe(0);
    expect(served.out).toMatch(/epoch 3, owner 10\.0\.0\.1:6379 for another \d+ ms/);
    expect(served.out).toContain("journal: 2 records, 6 bytes behind the mark 5");
    expect(served.out).toMatch(
      new RegExp(`  10\\.0\\.0\\.1:6379 owner, seen \\d+ ms ago, version 1\\.2\\.3, pid 7, id ${OWNER}`),
    );
    const json = JSON.parse((await cli("cluster", "status", url, "--json")).out);
    expect(json).toMatchObject({
      partitions: [{ partition: 0, epoch: 3, owner: OWNER, mark: 5, journalRecords: 2, journalBytes: 6 }],
      members: [{ id: OWNER, host: "10.0.0.1", port: 6379, info: { version: "1.2.3" } }],
    });
    expect(json.dataBytes).toBeGreaterThan(0);
  });

  test("init makes as many partitions as are asked for, and keeps their number", async () => {
    const url = await database.schema();
    expect(await cli("cluster", "init", url, "--partitions", "64")).toMatchObject({ code: 0 });
    expect(await cli("cluster", "init", url, "--partitions", "64")).toMatchObject({ code: 0 });
    expect(JSON.parse((await cli("cluster", "status", url, "--json")).out).partitions).toHaveLength(64);
    for (const [count, error] of [
      ["0", "--partitions takes a number from 1 to 256, not '0'"],
      ["257", "--partitions takes a number from 1 to 256, not '257'"],
      ["1.5", "--partitions takes a number from 1 to 256, not '1.5'"],
      ["many", "--partitions takes a number from 1 to 256, not 'many'"],
    ] as const)
      expect(await cli("cluster", "init", url, "--partitions", count)).toMatchObject({
        code: 2,
        err: expect.stringContaining(error),
      });
    const several = await database.schema();
    await createSchema(await connectedTo(several), 3);
    expect(await cli("cluster", "init", several)).toMatchObject({ code: 0 });
    expect(await cli("cluster", "init", several, "--partitions", "1")).toMatchObject({
      code: 1,
      err: expect.stringContaining("the cluster has 3 partitions, and their number does not change"),
    });
    expect(await cli("cluster", "status", several, "--partitions", "1")).toMatchObject({ code: 2 });
  });

  test("status shows the share of each member", async () => {
    const url = await database.schema();
    const client = await connectedTo(url);
    await createSchema(client, 3);
    await client.query(
      "update detent_partition set owner = $1, epoch = 3, lease_until = now() + interval '1 hour' where p < 2",
      [`${OWNER}:2`],
    );
    await client.query(
      `insert into detent_member (id, host, port, tls_port, info) values ($1, '10.0.0.1', 6379, 0, '{"version":"1.2.3","pid":7}')`,
      [OWNER],
    );
    const status = await cli("cluster", "status", url);
    expect(status.code).toBe(1);
    expect(status.out).toMatch(/Partition 1: slots 5461-10921, epoch 3, owner 10\.0\.0\.1:6379 for/);
    expect(status.out).toMatch(/Partition 2: slots 10922-16383, epoch 0, no owner/);
    expect(status.out).toContain("10.0.0.1:6379 owns 2 of 3 partitions, seen");
  });

  test("init says what the database refuses", async () => {
    const url = await database.schema();
    const client = await connectedTo(url);
    await client.query("create role reader login");
    await client.query("grant usage on schema public to reader");
    const refused = await cli("cluster", "init", url.replace("tester@", "reader@"));
    expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/detent cluster: .+/) });
    expect(refused.err).not.toContain(" at ");
  });
});

test("wrong arguments, and what is not an address of a database, are refused", async () => {
  expect(await cli("cluster", "start", "postgres://x/y")).toMatchObject({
    code: 2,
    err: expect.stringContaining("'start' is neither init nor status"),
  });
  expect(await cli("cluster", "init")).toMatchObject({ code: 2 });
  expect(await cli("cluster", "init", "mysql://x")).toMatchObject({
    code: 1,
    err: expect.stringContaining("write postgres://user@host:5432/database"),
  });
  expect(await cli("cluster", "status", "postgres://nobody@127.0.0.1:1/none")).toMatchObject({
    code: 1,
    err: expect.stringContaining("cannot connect to the database"),
  });
});
