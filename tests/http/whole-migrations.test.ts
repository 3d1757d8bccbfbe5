/** Migrations over HTTP: the server that is asked speaks of the machines of all servers of the cluster. */
import { expect, test } from "vitest";
import { type SharedServers, sharedInMemory } from "../support/shared-servers.ts";

const V1 = {
  initial: "new",
  states: { new: { on: { PAY: "paid" } }, paid: { on: { SHIP: "gone" } }, gone: {} },
};
const V2 = {
  initial: "new",
  states: { new: { on: { PAY: "billed" } }, billed: { on: { SHIP: "gone" } }, gone: {} },
};
const MAP = { states: { paid: "billed" } };
const PARTITIONS = [0, 1, 2, 3, 4, 5];
const POLL = { timeout: 20_000 };

/** In each partition a machine that is new and one that is paid. */
async function begin() {
  const servers = await sharedInMemory({ hasHttp: true });
  const { client } = servers.server(0);
  await client.call("SM.DEF", "CREATE", "order:v1", JSON.stringify(V1));
  await client.call("SM.DEF", "CREATE", "order:v2", JSON.stringify(V2));
  for (const number of PARTITIONS) {
    const owner = servers.servers.find(({ held }) => held.includes(number));
    for (const name of ["new", "paid"])
      await owner?.client.call("SM.CREATE", servers.keyOf(number, name), "order:v1");
    await owner?.client.call("SM.SEND", servers.keyOf(number, "paid"), "PAY");
  }
  return servers;
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function asked(servers: SharedServers, index: number, path: string, body?: unknown): Promise<Answer> {
  const url = `http://127.0.0.1:${servers.server(index).running.httpPort}/api/v1/migrations${path}`;
  const sent = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(url, body === undefined ? {} : sent);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test("a migration that is begun at one server is followed, and taken back, at each as a whole", async () => {
  const servers = await begin();
  const { body } = await asked(servers, 0, "", { from: "order:v1", to: "order:v2", map: MAP });
  const path = `/${String(body["id"])}`;
  const status = async (index: number) => (await asked(servers, index, path)).body;
  await expect.poll(() => status(1), POLL).toMatchObject({ status: "DONE", moved: 12, left: 0, held: 0 });
  expect(await status(2)).not.toHaveProperty("slotsElsewhere");
  expect((await asked(servers, 2, "")).body["migrations"]).toMatchObject([
    { id: body["id"], from: "order:v1", to: "order:v2", status: "DONE" },
  ]);
  expect((await asked(servers, 1, `${path}/undo`, { check: true })).body).toMatchObject({ machines: 12 });
  expect(await status(0)).toMatchObject({ status: "DONE" });
  expect((await asked(servers, 1, `${path}/undo`, {})).body).toMatchObject({ machines: 12 });
  await expect.poll(() => status(0), POLL).toMatchObject({ status: "UNDONE", undone: 12 });
}, 60_000);

test("the status of a migration lists what is left in other partitions, and names a partition that nobody serves", async () => {
  const servers = await begin();
  const { body } = await asked(servers, 0, "", { from: "order:v1", to: "order:v2", hold: true });
  const path = `/${String(body["id"])}`;
  await expect
    .poll(async () => (await asked(servers, 1, path)).body, POLL)
    .toMatchObject({ status: "DONE", moved: 6, held: 6 });
  const examples = (await asked(servers, 1, `${path}?count=4`)).body["examples"];
  expect(examples).toHaveLength(4);
  await servers.lose(2, 2);
  expect((await asked(servers, 1, path)).body).toMatchObject({
    moved: 5,
    held: 5,
    missing: [{ partition: 2, host: null }],
  });
  expect((await asked(servers, 1, "/999")).status).toBe(404);
}, 60_000);

test("WHATIF asks all servers, and sums what would have happened", async () => {
  const servers = await begin();
  const path = "/whatif?from=order:v1&to=order:v2";
  const look = async (index: number) => (await asked(servers, index, path)).body;
  await expect
    .poll(() => look(1), POLL)
    .toMatchObject({ status: "done", machines: 12, looked: 12, events: 6 });
  const { first, examples } = await look(0);
  expect(first).toMatchObject([{ state: "new", event: "PAY", count: 6 }]);
  expect(examples).toHaveLength(6);
  const stop = { from: "order:v1", to: "order:v2", action: "stop" };
  expect((await asked(servers, 2, "/whatif", stop)).body).toMatchObject({ status: "stopped", looked: 12 });
  expect((await asked(servers, 2, "/whatif", stop)).status).toBe(404);
  await servers.lose(2, 2);
  expect(await look(1)).toMatchObject({ missing: [{ partition: 2 }] });
}, 60_000);

test("a plan looks at the machines of all servers, and names partitions that nobody serves", async () => {
  const servers = await begin();
  const ends = { from: "order:v1", to: "order:v2" };
  for (const index of [0, 1]) {
    const { status, body } = await asked(servers, index, "/plans", ends);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      machines: 12,
      states: [{ state: ["new"], to: ["new"], count: 6 }],
      strays: [{ state: ["paid"], cause: "state", count: 6 }],
      proposed: [{ state: "paid", to: "billed" }],
    });
    expect(body).not.toHaveProperty("slotsElsewhere");
    const examples = body["examples"] as ReadonlyArray<{ readonly key: string; readonly to: unknown }>;
    expect(examples.map(({ to }) => to)).toEqual([
      ...Array.from({ length: 6 }, () => null),
      ...Array.from({ length: 6 }, () => ["new"]),
    ]);
    expect(new Set(examples.map(({ key }) => key)).size).toBe(12);
  }
  const mapped = await asked(servers, 2, "/plans", { ...ends, map: MAP });
  expect(mapped.body).toMatchObject({ machines: 12, strays: [] });
  const started = await asked(servers, 0, "", { plan: mapped.body["id"] });
  expect(started.status).toBe(201);
  await expect
    .poll(async () => (await asked(servers, 1, `/${String(started.body["id"])}`)).body, POLL)
    .toMatchObject({ status: "DONE", moved: 12 });
  await servers.lose(2, 2);
  expect((await asked(servers, 1, "/plans", ends)).body).toMatchObject({ missing: [{ partition: 2 }] });
}, 60_000);
