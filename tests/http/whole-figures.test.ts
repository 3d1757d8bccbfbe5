/** What the first pages of the console show, of several servers of a cluster: sums over all of them. */
import { expect, test } from "vitest";
import { type SharedServers, sharedInMemory } from "../support/shared-servers.ts";

const LAMP = {
  initial: "off",
  states: { off: { on: { PRESS: "on" } }, on: { on: { PRESS: "off" } } },
};
const PARTITIONS = [0, 1, 2, 3, 4, 5];

async function begin() {
  const servers = await sharedInMemory({ hasHttp: true });
  await servers.server(0).client.call("SM.DEF", "CREATE", "lamp", JSON.stringify(LAMP));
  for (const number of PARTITIONS) {
    const owner = servers.servers.find(({ held }) => held.includes(number));
    const key = servers.keyOf(number, "hall");
    await owner?.client.call("SM.CREATE", key, "lamp");
    await owner?.client.call("SM.SEND", key, "PRESS");
    await owner?.client.call("SM.SEND", key, "NONE");
  }
  return servers;
}

async function get(servers: SharedServers, index: number, path: string, headers = {}) {
  const url = `http://127.0.0.1:${servers.server(index).running.httpPort}/api/v1/${path}`;
  const response = await fetch(url, { headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test("rates are of the machines of all servers, and name partitions that nobody serves", async () => {
  const servers = await begin();
  for (const index of [0, 1]) {
    const { rates, missing } = (await get(servers, index, "rates")).body;
    expect(missing).toBeUndefined();
    expect(rates).toMatchObject([{ definition: "lamp:v1", lastMinute: 12 }]);
    const [{ minutes }] = rates as [{ minutes: number[] }];
    expect(minutes.reduce((sum, count) => sum + count, 0)).toBe(12);
  }
  await servers.lose(2, 2);
  expect((await get(servers, 0, "rates")).body).toMatchObject({
    rates: [{ lastMinute: 12 }],
    missing: [{ partition: 2 }],
  });
});

test("how machines move is summed up, times by their histograms", async () => {
  const servers = await begin();
  const { states, edges, isPartial } = (await get(servers, 2, "definitions/lamp/flow")).body;
  expect(states).toMatchObject([{ state: "off", stays: 6 }]);
  expect(edges).toMatchObject([{ from: "off", to: ["on"], event: "PRESS", taken: 6, lastHour: 6 }]);
  expect(isPartial).toBe(false);
  expect((await get(servers, 2, "definitions/door/flow")).status).toBe(404);
});

test("the overview sums what servers count, and says of how many", async () => {
  const servers = await begin();
  const { servers: count, fields } = (await get(servers, 1, "overview")).body;
  expect(count).toBe(3);
  expect(fields).toMatchObject({
    machines: "6",
    machines_active: "6",
    "definition_0_lamp:v1": "active=6",
    "state_0_lamp:v1/on": "active=6",
    errorstat_ILLEGAL: "count=6",
    aof_last_write_status: "ok",
  });
  expect(Number((fields as Record<string, string>)["used_memory_rss"])).toBeGreaterThan(0);
  await servers.lose(2, 2);
  const { fields: left, missing } = (await get(servers, 1, "overview")).body;
  expect(left).toMatchObject({ machines: "5" });
  expect(missing).toMatchObject([{ partition: 2, host: null }]);
});

test("streams are those of all partitions", async () => {
  const servers = await begin();
  const { streams, missing } = (await get(servers, 1, "streams")).body;
  const lamps = (streams as ReadonlyArray<{ readonly name: string; readonly length: number }>).filter(
    ({ name }) => name.startsWith("sm:changes:"),
  );
  expect(lamps.map(({ length }) => length)).toEqual(PARTITIONS.map(() => 2));
  expect(missing).toBeUndefined();
  await servers.lose(2, 2);
  expect((await get(servers, 1, "streams")).body["missing"]).toMatchObject([{ partition: 2 }]);
});

test("figures of other servers are told to those who may know them there", async () => {
  const servers = await begin();
  const headers = { authorization: `Basic ${btoa("ann:pw")}` };
  await servers.server(0).client.call("ACL", "SETUSER", "ann", "on", ">pw", "+@all", "~*", "alldefs");
  await servers.server(1).client.call("ACL", "SETUSER", "ann", "on", ">pw", "+@all", "~*", "def~other");
  const { rates, missing } = (await get(servers, 0, "rates", headers)).body;
  expect(rates).toMatchObject([{ definition: "lamp:v1", lastMinute: 4 }]);
  expect(missing).toMatchObject([{ partition: 2 }, { partition: 5 }]);
});
