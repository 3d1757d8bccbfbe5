import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { cli } from "../support/cli.ts";
import { useClusterDatabase } from "../support/cluster-database.ts";
import { define } from "../support/machines.ts";
import { noPostgres } from "../support/postgres.ts";
import { startTestServer } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";

const DOOR = { initial: "shut", states: { shut: { on: { OPEN: "open" } }, open: {} } };

/** A store with keys, a machine that has moved, and a stream. */
async function filledDirectory(database = 0): Promise<string> {
  const directory = temporaryDirectory();
  const server = await startTestServer({ store: Store.open(directory, OBJECT_TYPES) });
  const client = await server.client();
  await client.call("SELECT", database);
  await define(client, "door", DOOR);
  await client.call("SM.CREATE", "front", "door");
  await client.call("SM.SEND", "front", "OPEN", "ID", "e1");
  await client.call("MSET", ...Array.from({ length: 1500 }, (_, n) => [`key:${n}`, `value ${n}`]).flat());
  await client.call("HSET", "hash", "a", "1", "b", "2");
  await server.close();
  return directory;
}

async function assertFilled(directory: string): Promise<void> {
  const server = await startTestServer({ store: Store.open(directory, OBJECT_TYPES) });
  const client = await server.client();
  expect(await client.call("DBSIZE")).toBe(1503);
  expect(await client.call("GET", "key:1499")).toBe("value 1499");
  expect(await client.call("SM.STATE", "front")).toEqual(["open"]);
  expect(await client.call("XLEN", "sm:changes:door")).toBe(2);
  expect(await client.call("SM.VERIFY")).toEqual([]);
  await server.close();
}

describe.skipIf(noPostgres !== undefined)("detent move", () => {
  const database = useClusterDatabase();

  async function emptyCluster(): Promise<string> {
    const url = await database.schema();
    await cli("cluster", "init", url);
    return url;
  }

  test("brings a directory into a cluster, and back as it was", async () => {
    const directory = await filledDirectory();
    const url = await emptyCluster();
    const moved = await cli("move", directory, url);
    expect(moved).toMatchObject({ code: 0, out: expect.stringMatching(/\/postgres: \d+ entries/) });
    const status = JSON.parse((await cli("cluster", "status", url, "--json")).out);
    expect(status.partitions).toMatchObject([{ owner: null, journalRecords: 0 }]);
    const back = join(temporaryDirectory(), "back");
    expect(await cli("move", url, back)).toMatchObject({ code: 0 });
    await assertFilled(back);
    await assertFilled(directory);
    // Neither has room for another store.
    expect(await cli("move", url, back)).toMatchObject({
      code: 1,
      err: expect.stringContaining("is there already: name one that does not exist"),
    });
    expect(await cli("move", directory, url)).toMatchObject({
      code: 1,
      err: expect.stringContaining("has something in it already"),
    });
  });

  test("a store with keys in other databases than 0 is refused", async () => {
    const directory = await filledDirectory(3);
    expect(await cli("move", directory, await emptyCluster())).toMatchObject({
      code: 1,
      err: expect.stringContaining("has keys in database 3: a cluster has database 0 alone"),
    });
  });

  test("a cluster that a server owns is left alone", async () => {
    const url = await database.cluster("somebody:1");
    const target = join(temporaryDirectory(), "target");
    for (const args of [
      [url, target],
      [await filledDirectory(), url],
    ])
      expect(await cli("move", ...args)).toMatchObject({
        code: 1,
        err: expect.stringContaining("a server owns the slots, or did a moment ago: end all servers"),
      });
    expect(existsSync(target)).toBe(false);
  });
});

test("a move has a database on one side or on both", async () => {
  expect(await cli("move", "a", "b")).toMatchObject({
    code: 2,
    err: expect.stringContaining("one of the two, or both, is the address of a database"),
  });
});
