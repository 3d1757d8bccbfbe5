/** A machine as a file: `detent import` makes a store of it, and what a page needs to open it is in it too. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { digestOf } from "../../src/export/digest.ts";
import { Importer } from "../../src/export/import.ts";
import { usedDatabases } from "../../src/keyspace/databases.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import type { TestClient } from "../support/client.ts";
import { request } from "../support/http.ts";
import { define, fields } from "../support/machines.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const PAY = { initial: "asked", states: { asked: { on: { OK: "ok" } }, ok: { type: "final" } } };
const SALE = {
  initial: "paying",
  context: { total: 10, note: "" },
  states: {
    paying: {
      invoke: { src: "pay", id: "charge", onDone: "sold" },
      after: { "1h": "late" },
      on: { NOTE: { actions: [{ assign: { note: "event.text" } }] } },
    },
    sold: {},
    late: {},
  },
};

let server: TestServer;
let clock: VirtualClock;
let client: TestClient;

beforeEach(async () => {
  clock = new VirtualClock();
  server = await startTestServer({ http: true, clock });
  client = await server.client();
  await define(client, "pay:v1", PAY);
  await define(client, "sale:v1", SALE);
  await client.call("SM.CREATE", "s1", "sale", "BY", "ann");
  await client.call("SM.SEND", "s1", "NOTE", '{"text": "ünïcode", "n": 12345678901234567890}', "ID", "n1");
});
afterEach(() => server.close());

async function exported(key: string): Promise<ReadonlyArray<Record<string, unknown>>> {
  const { status, headers, body } = await request(
    server.url,
    `/api/v1/machines/${encodeURIComponent(key)}/export`,
  );
  expect([status, headers["content-type"]]).toEqual([200, "application/jsonl"]);
  expect(body.endsWith("\n")).toBe(true);
  lines = body.trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}
let lines: readonly string[] = [];

/** A store of what was exported last. */
function imported(): Store {
  const store = Store.over(new MemoryStore(), OBJECT_TYPES);
  const transaction = store.begin();
  const importer = new Importer();
  for (const line of lines) importer.take(transaction, Buffer.from(line));
  importer.note(transaction);
  store.commit(transaction, clock.now());
  expect(digestOf(usedDatabases(store.begin()), [])).toBe(importer.progress.digest);
  return store;
}

describe("GET …/machines/{key}/export", () => {
  test("is an export that makes a store with the machine, its history, outcomes and timers, and its definitions", async () => {
    const history = await client.call("SM.HISTORY", "s1");
    const told = await exported("s1");
    expect(told.map(({ definition, key, end }) => definition ?? key ?? end).slice(1, 3)).toEqual([
      "pay",
      "sale",
    ]);
    const other = await startTestServer({ store: imported(), clock });
    const there = await other.client();
    expect(await there.call("SM.HISTORY", "s1")).toEqual(history);
    expect(await there.call("SM.OUTCOME", "s1", "n1")).toEqual(await client.call("SM.OUTCOME", "s1", "n1"));
    expect(await there.call("SM.DEF", "LIST")).toEqual(["pay:v1", "sale:v1"]);
    clock.advance(3_600_000);
    await expect.poll(() => there.call("SM.STATE", "s1")).toEqual(["late"]);
    await other.close();
  });

  test("takes a child without its parent", async () => {
    await exported("{s1}.charge");
    const other = await startTestServer({ store: imported(), clock });
    const there = await other.client();
    expect(fields(await there.call("SM.INFO", "{s1}.charge"))).toMatchObject({ parent: null });
    await there.call("SM.SEND", "{s1}.charge", "OK");
    await other.close();
  });

  test("tells what a page needs: the machine now and at its oldest revision, history, and what is pending", async () => {
    const told = await exported("s1");
    const machine = told.find(({ key }) => key === "s1");
    expect(machine).toMatchObject({
      info: { definition: "sale:v1", rev: 2, state: ["paying"], context: { total: 10, note: "ünïcode" } },
      base: { rev: 1, context: { total: 10, note: "" } },
      pending: [{ kind: "timer" }, { kind: "running", id: "charge" }],
    });
    const history = told.flatMap(({ history: entries }) =>
      Array.isArray(entries) ? (entries as unknown[]) : [],
    );
    expect(history).toMatchObject([
      { rev: 1, kind: "create", by: "ann" },
      { rev: 2, event: "NOTE", context: { note: "ünïcode" } },
    ]);
    expect(lines.some((line) => line.includes("12345678901234567890"))).toBe(true);
  });

  test("exports a map machine, which has no definition", async () => {
    await client.call("SM.SET", "m1", '{"current":"","map":{"a":["b"],"b":[]},"initial":"a"}');
    await exported("m1");
    const other = await startTestServer({ store: imported(), clock });
    expect(await (await other.client()).call("SM.STATE", "m1")).toEqual(["a"]);
    await other.close();
  });

  test("is refused where there is no machine, and to a user who may not read it or its definitions", async () => {
    expect(await request(server.url, "/api/v1/machines/none/export")).toMatchObject({ status: 404 });
    await client.call("SET", "text", "x");
    expect((await request(server.url, "/api/v1/machines/text/export")).status).toBe(409);
    await client.call("ACL", "SETUSER", "ann", "on", ">a", "%R~*", "+@read", "def~sale");
    const headers = { authorization: `Basic ${btoa("ann:a")}` };
    const { status, json } = await request(server.url, "/api/v1/machines/s1/export", { headers });
    expect([status, json]).toMatchObject([403, { code: "NOPERM" }]);
  });
});
