/** REST over several servers of a cluster: the one that is asked speaks of the machines of all of them. */
import { expect, test } from "vitest";
import { type SharedServers, sharedInMemory } from "../support/shared-servers.ts";

const JOB = { states: { open: { on: { GO: "done" } }, done: { type: "final" } } };
const PARTITIONS = [0, 1, 2, 3, 4, 5];
const EACH = 4;

async function begin() {
  const servers = await sharedInMemory({ hasHttp: true });
  await servers.server(0).client.call("SM.DEF", "CREATE", "job", JSON.stringify(JOB));
  const keys: string[] = [];
  for (const number of PARTITIONS) {
    const owner = servers.servers.find(({ held }) => held.includes(number));
    for (let index = 0; index < EACH; index += 1) {
      const key = servers.keyOf(number, `job${index}`);
      await owner?.client.call("SM.CREATE", key, "job");
      keys.push(key);
    }
  }
  return { servers, keys: keys.sort() };
}

interface Body {
  readonly count: unknown;
  readonly state: unknown;
  readonly cursor: string;
  readonly machines: ReadonlyArray<{ readonly key: string }>;
  readonly missing?: ReadonlyArray<{ readonly partition: number }>;
}

async function get(servers: SharedServers, path: string, index = 0) {
  const response = await fetch(`http://127.0.0.1:${servers.server(index).running.httpPort}/api/v1/${path}`);
  return { status: response.status, body: (await response.json()) as Body };
}

async function pages(servers: SharedServers, options: string, between = async () => {}): Promise<string[]> {
  const found: string[] = [];
  let cursor = "0";
  do {
    const { body } = await get(servers, `machines?cursor=${cursor}&${options}`);
    expect(body.missing).toBeUndefined();
    found.push(...body.machines.map(({ key }) => key));
    cursor = body.cursor;
    await between();
  } while (cursor !== "0");
  return found.sort();
}

test("machines are counted and listed over all servers, each once while partitions change hands", async () => {
  const { servers, keys } = await begin();
  expect((await get(servers, "counts")).body).toEqual({ count: keys.length });
  expect((await get(servers, "counts?by=state", 1)).body).toEqual({ count: { open: keys.length } });
  expect(await pages(servers, "count=3")).toEqual(keys);
  expect(await pages(servers, "count=1000")).toEqual(keys);
  let number = 0;
  const move = async (): Promise<void> => {
    const index = servers.servers.findIndex(({ held }) => held.includes(number));
    await servers.lose(index, number);
    await servers.take((index + 1) % servers.servers.length, number);
    number = (number + 1) % PARTITIONS.length;
  };
  expect(await pages(servers, "count=2", move)).toEqual(keys);
});

test("a machine of another server is read at any of them", async () => {
  const { servers, keys } = await begin();
  for (const key of keys) {
    const { status, body } = await get(servers, `machines/${encodeURIComponent(key)}`);
    expect({ status, state: body.state }).toEqual({ status: 200, state: ["open"] });
  }
});

test("partitions that nobody serves are named, and the others are there", async () => {
  const { servers, keys } = await begin();
  await servers.lose(1, 1);
  const left = keys.filter((key) => !key.startsWith(servers.keyOf(1, "")));
  const { status, body } = await get(servers, "counts");
  expect({ status, count: body.count }).toEqual({ status: 200, count: left.length });
  expect(body.missing).toMatchObject([{ partition: 1, host: null, port: null }]);
  const page = await get(servers, "machines?count=100");
  expect(page.body.machines.length).toBe(left.length);
  expect(page.body.missing).toMatchObject([{ partition: 1 }]);
}, 30_000);

test("the rights of the user hold at the other servers too", async () => {
  const { servers, keys } = await begin();
  const credentials = { authorization: `Basic ${Buffer.from("ann:pw").toString("base64")}` };
  const own = servers.keyOf(0, "*");
  await servers.server(0).client.call("ACL", "SETUSER", "ann", "on", ">pw", "+@all", "~*");
  await servers.server(1).client.call("ACL", "SETUSER", "ann", "on", ">other", "+@all", `~${own}`);
  const url = `http://127.0.0.1:${servers.server(0).running.httpPort}/api/v1`;
  const response = await fetch(`${url}/machines?count=100`, { headers: credentials });
  const page = (await response.json()) as Body;
  // The second server shows none of its keys to ann, the third one does not know her.
  const shown = keys.filter((key) => [0, 3].some((number) => key.startsWith(servers.keyOf(number, ""))));
  expect(page.machines.map(({ key }) => key).sort()).toEqual(shown);
  expect(page.missing?.map(({ partition }) => partition)).toEqual([2, 5]);
  const hidden = encodeURIComponent(servers.keyOf(1, "job0"));
  const { status } = await fetch(`${url}/machines/${hidden}`, { headers: credentials });
  expect(status).toBe(403);
}, 30_000);
