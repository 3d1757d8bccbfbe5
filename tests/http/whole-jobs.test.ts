/** Bulk jobs of a cluster: the server that is asked acts on the machines of all servers. */
import { expect, test } from "vitest";
import { type SharedServers, sharedInMemory } from "../support/shared-servers.ts";

const LAMP = { initial: "off", states: { off: { on: { PRESS: "on" } }, on: {} } };
const PARTITIONS = [0, 1, 2, 3, 4, 5];
const POLL = { timeout: 20_000 };

async function begin() {
  const servers = await sharedInMemory({ hasHttp: true });
  await servers.server(0).client.call("SM.DEF", "CREATE", "lamp", JSON.stringify(LAMP));
  for (const number of PARTITIONS)
    for (const name of ["hall", "stairs"])
      await ownerOf(servers, number).client.call("SM.CREATE", servers.keyOf(number, name), "lamp");
  return servers;
}

function ownerOf(servers: SharedServers, number: number) {
  return servers.server(servers.servers.findIndex(({ held }) => held.includes(number)));
}

async function jobs(servers: SharedServers, path: string, body?: unknown, index = 0) {
  const url = `http://127.0.0.1:${servers.server(index).running.httpPort}/api/v1/jobs${path}`;
  const headers = { "content-type": "application/json" };
  const response = await fetch(
    url,
    body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) },
  );
  return (await response.json()) as Record<string, unknown>;
}

const PRESS = { action: "send", event: "PRESS", filter: { definition: "lamp", state: "off" } };

test("a job finds the machines of all servers, changes each once, and takes it back", async () => {
  const servers = await begin();
  const { id } = await jobs(servers, "", PRESS);
  await expect
    .poll(() => jobs(servers, `/${String(id)}`), POLL)
    .toMatchObject({ status: "ready", machines: 12 });
  await jobs(servers, `/${String(id)}/start`, {});
  await expect
    .poll(() => jobs(servers, `/${String(id)}`), POLL)
    .toMatchObject({ status: "done", done: 12, refused: 0 });
  for (const number of PARTITIONS) {
    const { client } = ownerOf(servers, number);
    for (const name of ["hall", "stairs"]) {
      const key = servers.keyOf(number, name);
      expect(await client.call("SM.HISTORY", key, "-", "+", "COUNT", "10")).toHaveLength(2);
      expect(await client.call("SM.STATE", key)).toEqual(["on"]);
    }
  }
  const back = await jobs(servers, `/${String(id)}/undo`, {});
  await expect
    .poll(() => jobs(servers, `/${String(back["id"])}`), POLL)
    .toMatchObject({ status: "ready", machines: 12 });
  await jobs(servers, `/${String(back["id"])}/start`, {});
  await expect
    .poll(() => jobs(servers, `/${String(back["id"])}`), POLL)
    .toMatchObject({ status: "done", done: 12 });
  expect(await ownerOf(servers, 4).client.call("SM.STATE", servers.keyOf(4, "hall"))).toEqual(["off"]);
}, 60_000);

test("a job that cannot count all machines fails, and says of which partitions", async () => {
  const servers = await begin();
  await servers.lose(1, 4);
  const { id } = await jobs(servers, "", PRESS);
  await expect
    .poll(() => jobs(servers, `/${String(id)}`), POLL)
    .toMatchObject({
      status: "failed",
      fault: expect.stringContaining("nobody answers for the partitions 4 "),
    });
}, 60_000);

test("a machine whose server does not answer has a result that says so", async () => {
  const servers = await begin();
  const { id } = await jobs(servers, "", PRESS);
  await expect.poll(() => jobs(servers, `/${String(id)}`), POLL).toMatchObject({ status: "ready" });
  servers.isLost = ({ kind }) => kind === "answer";
  await jobs(servers, `/${String(id)}/start`, {});
  await expect
    .poll(() => jobs(servers, `/${String(id)}`), POLL)
    .toMatchObject({ status: "done", done: 4, refused: 8 });
  const { results } = await jobs(servers, `/${String(id)}?outcome=refused`);
  expect(results).toContainEqual(expect.objectContaining({ detail: expect.stringMatching(/^UNANSWERED /) }));
}, 60_000);

test("a job is known at every server, also when that which ran it has ended", async () => {
  const servers = await begin();
  const { id } = await jobs(servers, "", { ...PRESS, rate: 0.1 });
  const path = `/${String(id)}`;
  await expect.poll(() => jobs(servers, path), POLL).toMatchObject({ status: "ready", server: null });
  const address = `127.0.0.1:${servers.server(0).running.port}`;
  await expect
    .poll(() => jobs(servers, path, undefined, 1), POLL)
    .toMatchObject({ status: "ready", machines: 12, server: address });
  expect(await jobs(servers, `${path}/start`, {}, 1)).toMatchObject({ status: "running", server: address });
  await expect.poll(() => jobs(servers, path, undefined, 2), POLL).toMatchObject({ status: "running" });
  servers.gone = 0;
  const ended = {
    status: "failed",
    fault: expect.stringMatching(/has ended; when it was last heard of, \d of 12 machines/),
  };
  expect(await jobs(servers, path, undefined, 1)).toMatchObject({ ...ended, found: 0, results: [] });
  expect((await jobs(servers, "", undefined, 2))["jobs"]).toMatchObject([ended]);
  expect(await jobs(servers, `${path}/stop`, {}, 1)).toMatchObject({ status: 409 });
  expect(await jobs(servers, "/9-aaaaaaaa", undefined, 1)).toMatchObject({ status: 404 });
}, 60_000);

test("a job is read, started, stopped and undone at any server, and runs where it was made", async () => {
  const servers = await begin();
  const address = `127.0.0.1:${servers.server(0).running.port}`;
  const { id } = await jobs(servers, "", PRESS);
  const path = `/${String(id)}`;
  await expect.poll(() => jobs(servers, path, undefined, 1), POLL).toMatchObject({ status: "ready" });
  expect(await jobs(servers, `${path}?outcome=waiting&from=10`, undefined, 2)).toMatchObject({
    server: address,
    found: 12,
    results: [{ outcome: null }, { outcome: null }],
  });
  expect(await jobs(servers, `${path}/undo`, {}, 1)).toMatchObject({
    status: 409,
    detail: "the job is ready: stop it first",
  });
  await jobs(servers, `${path}/start`, {}, 1);
  await expect
    .poll(() => jobs(servers, path, undefined, 2), POLL)
    .toMatchObject({ status: "done", done: 12 });
  expect(await jobs(servers, `${path}/stop`, {}, 2)).toMatchObject({ status: 409 });
  const back = await jobs(servers, `${path}/undo`, {}, 2);
  expect(back).toMatchObject({ action: "undo", server: address });
  const backPath = `/${String(back["id"])}`;
  await expect.poll(() => jobs(servers, backPath, undefined, 2), POLL).toMatchObject({ status: "ready" });
  expect(await jobs(servers, `${backPath}/stop`, {}, 1)).toMatchObject({
    status: "stopped",
    server: address,
  });
  expect(await jobs(servers, backPath)).toMatchObject({ status: "stopped", server: null });
}, 60_000);

test("a step of a job is of unknown outcome where its server does not answer", async () => {
  const servers = await begin();
  const { id } = await jobs(servers, "", PRESS);
  const path = `/${String(id)}`;
  await expect.poll(() => jobs(servers, path, undefined, 1), POLL).toMatchObject({ status: "ready" });
  servers.isLost = ({ kind }) => kind === "answer";
  const [start, read] = await Promise.all([
    jobs(servers, `${path}/start`, {}, 1),
    jobs(servers, path, undefined, 1),
  ]);
  expect(start).toMatchObject({ status: 504, code: "UNANSWERED" });
  expect(read).toMatchObject({ machines: 12, found: 0, results: [] });
}, 60_000);
