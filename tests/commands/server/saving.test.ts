/** SAVE and BGSAVE make backups beside the server; LASTSAVE and INFO tell of them. */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Store } from "../../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../../src/object-types.ts";
import { cli } from "../../support/cli.ts";
import type { TestClient } from "../../support/client.ts";
import { startTestServer } from "../../support/server.ts";
import { temporaryDirectory } from "../../support/stores.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

async function opened() {
  const directory = temporaryDirectory();
  const clock = new VirtualClock();
  const server = await startTestServer({ store: Store.open(directory, OBJECT_TYPES), clock });
  return { directory, clock, server, client: await server.client() };
}

async function persistence(client: TestClient): Promise<Record<string, string>> {
  const text = String(await client.call("INFO", "persistence"));
  const lines = text.split("\r\n").filter((line) => line.startsWith("rdb_"));
  return Object.fromEntries(lines.map((line) => line.split(":") as [string, string]));
}

test("SAVE replies when a backup holds all earlier writes, and other clients are served meanwhile", async () => {
  const { directory, clock, server, client } = await opened();
  const other = await server.client();
  const before = Number(await client.call("LASTSAVE"));
  clock.jump(5000);
  const replies = client.pipeline([["SET", "k", "v"], ["SAVE"], ["SET", "later", "v"]]);
  await expect.poll(async () => (await persistence(other))["rdb_bgsave_in_progress"]).toBe("1");
  expect(await other.call("BGSAVE")).toMatchObject({ message: "ERR Background save already in progress" });
  expect(await other.call("SAVE")).toMatchObject({ message: "ERR Background save already in progress" });
  expect((await replies).map(({ bytes }) => bytes.toString())).toEqual(["+OK\r\n", "+OK\r\n", "+OK\r\n"]);
  expect(await client.call("LASTSAVE")).toBe(before + 5);
  expect(await persistence(client)).toMatchObject({
    rdb_changes_since_last_save: "1",
    rdb_bgsave_in_progress: "0",
    rdb_last_bgsave_status: "ok",
    rdb_last_bgsave_time_sec: "0",
    rdb_current_bgsave_time_sec: "-1",
    rdb_saves: "1",
  });
  await server.close();
  const file = join(directory, "dump.detent");
  const restored = join(temporaryDirectory(), "restored");
  expect(await cli("restore", file, "--dir", restored)).toMatchObject({ code: 0 });
  const again = await startTestServer({ store: Store.open(restored, OBJECT_TYPES) });
  const reader = await again.client();
  expect(String(await reader.call("GET", "k"))).toBe("v");
  expect(await reader.call("EXISTS", "later")).toBe(0);
  await again.close();
});

test("BGSAVE replies at once; INFO and SAVE report a failure, and LASTSAVE stays", async () => {
  const { directory, server, client } = await opened();
  await client.call("SET", "k", "v");
  expect(await client.call("BGSAVE", "SCHEDULE")).toBe("Background saving started");
  await expect.poll(async () => (await persistence(client))["rdb_saves"], { timeout: 15_000 }).toBe("1");
  const last = await client.call("LASTSAVE");
  const file = join(directory, "dump.detent");
  rmSync(file);
  mkdirSync(join(file, "in the way"), { recursive: true });
  expect(await client.call("SAVE")).toMatchObject({
    message: expect.stringMatching(/^ERR the backup was not made: cannot write/),
  });
  expect(await persistence(client)).toMatchObject({ rdb_last_bgsave_status: "err", rdb_saves: "1" });
  expect(await client.call("LASTSAVE")).toBe(last);
  await server.close();
});

test("shutdown cancels a backup that is being made and removes its files", async () => {
  const { directory, server, client } = await opened();
  await client.call("BGSAVE");
  await server.close();
  expect(existsSync(join(directory, "dump.detent"))).toBe(false);
  expect(readdirSync(directory).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});
