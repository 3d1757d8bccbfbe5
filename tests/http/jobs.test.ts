/** Bulk jobs, failures by their cause, and what a user may do: what the console asks for beside the REST interface. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, onTestFinished, test } from "vitest";
import type { TestClient } from "../support/client.ts";
import { request } from "../support/http.ts";
import { define } from "../support/machines.ts";
import { startTestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const ORDER = {
  id: "order",
  initial: "new",
  context: { paid: 0, total: 100, carrier: null },
  states: {
    new: {
      on: { PAY: { target: "paid", guard: "event.amount >= context.total" }, CANCEL: "cancelled" },
    },
    paid: { on: { SHIP: "shipped" } },
    shipped: { after: { "1m": { actions: [{ assign: { days: "context.carrier.days + 1" } }] } } },
    cancelled: { type: "final" },
  },
};

async function opened(config: Record<string, unknown> = {}) {
  const clock = new VirtualClock();
  const server = await startTestServer({ http: true, clock, config });
  onTestFinished(() => server.close());
  const client = await server.client();
  const { json: document } = await request(server.url, "/api/v1/openapi.json");
  const ask = async (method: string, path: string, body?: unknown, headers = {}) => {
    const answered = await request(server.url, path, { method, headers, body });
    const template = (path.split("?")[0] ?? "").replace(/\/jobs\/\w+/, "/jobs/{id}");
    const described = (document as Described).paths[template]?.[method.toLowerCase()]?.responses[
      answered.status
    ];
    if (described !== undefined) {
      const schema = described.content["application/json"].schema;
      expect(new Ajv2020({ strict: false }).validate(schema, answered.json), answered.body).toBe(true);
    } else expect(answered.status, answered.body).toBeGreaterThanOrEqual(400);
    return answered.json as Answered;
  };
  return { clock, server, client, ask };
}

interface Described {
  readonly paths: Readonly<
    Record<
      string,
      | Readonly<
          Record<
            string,
            { responses: Readonly<Record<string, { content: { "application/json": { schema: object } } }>> }
          >
        >
      | undefined
    >
  >;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of several routes, each held against its schema
type Answered = any;

async function machines(client: TestClient, count: number): Promise<void> {
  await define(client, "order:v1", ORDER);
  for (let at = 1; at <= count; at += 1) await client.call("SM.CREATE", `o${at}`, "order");
}

type Ask = Awaited<ReturnType<typeof opened>>["ask"];

async function ready(ask: Ask, body: unknown): Promise<string> {
  const { id } = await ask("POST", "/api/v1/jobs", body);
  await expect.poll(async () => (await ask("GET", `/api/v1/jobs/${id}`)).status).toBe("ready");
  return id;
}

async function ended(ask: Ask, clock: VirtualClock, id: string): Promise<Answered> {
  await expect
    .poll(async () => {
      clock.advance(100);
      return (await ask("GET", `/api/v1/jobs/${id}`)).status;
    })
    .toBe("done");
  return ask("GET", `/api/v1/jobs/${id}`);
}

describe("a bulk job", () => {
  test("counts first, and changes nothing before it is started", async () => {
    const { client, ask } = await opened();
    await machines(client, 5);
    await client.call("SM.SEND", "o1", "CANCEL");
    const id = await ready(ask, {
      action: "send",
      event: "CANCEL",
      filter: { definition: "order", state: "new" },
    });
    expect(await ask("GET", `/api/v1/jobs/${id}`)).toMatchObject({ machines: 4, done: 0, found: 4 });
    expect(await client.call("SM.COUNT", "DEF", "order", "STATE", "cancelled")).toBe(1);
  });

  test("sends an event to each machine at its rate, and keeps what became of it", async () => {
    const { clock, client, ask } = await opened();
    await machines(client, 6);
    await client.call("SM.PATCH", "o3", '{"total":500}');
    const id = await ready(ask, {
      ...{ action: "send", event: "PAY", data: { amount: 100 }, reason: "by hand", rate: 20 },
      filter: { definition: "order" },
    });
    await ask("POST", `/api/v1/jobs/${id}/start`);
    await expect.poll(async () => (await ask("GET", `/api/v1/jobs/${id}`)).done).toBe(2);
    clock.advance(100);
    await expect
      .poll(async () => {
        const { done, refused } = await ask("GET", `/api/v1/jobs/${id}`);
        return done + refused;
      })
      .toBe(4);
    expect(await ended(ask, clock, id)).toMatchObject({ done: 5, refused: 1, status: "done" });
    const { results, data } = await ask("GET", `/api/v1/jobs/${id}?outcome=refused`);
    expect(data).toBe('{"amount":100}');
    expect(results).toEqual([
      { key: "o3", outcome: "refused", detail: expect.stringMatching(/^GUARD .*context\.total = 500/) },
    ]);
    const { results: done } = await ask("GET", `/api/v1/jobs/${id}?outcome=done&from=4`);
    expect(done).toEqual([{ key: "o6", outcome: "done", detail: "paid" }]);
  });

  test("is taken back for machines that have not changed since", async () => {
    const { clock, client, ask } = await opened();
    await machines(client, 3);
    const id = await ready(ask, {
      action: "send",
      event: "PAY",
      data: { amount: 100 },
      filter: { definition: "order" },
    });
    await ask("POST", `/api/v1/jobs/${id}/start`);
    await ended(ask, clock, id);
    await client.call("SM.SEND", "o2", "SHIP");
    const undo = await ask("POST", `/api/v1/jobs/${id}/undo`);
    expect(undo).toMatchObject({ action: "undo", machines: 3, status: "ready" });
    await ask("POST", `/api/v1/jobs/${undo.id}/start`);
    expect(await ended(ask, clock, undo.id)).toMatchObject({ done: 2, unchanged: 1 });
    expect(await client.call("SM.STATE", "o1")).toEqual(["new"]);
    expect(await client.call("SM.STATE", "o2")).toEqual(["shipped"]);
  });

  test("stops on request, and keeps what was done", async () => {
    const { client, ask } = await opened();
    await machines(client, 30);
    const id = await ready(ask, { action: "suspend", rate: 100, filter: { definition: "order" } });
    await ask("POST", `/api/v1/jobs/${id}/start`);
    await expect.poll(async () => (await ask("GET", `/api/v1/jobs/${id}`)).done).toBe(10);
    expect(await ask("POST", `/api/v1/jobs/${id}/stop`)).toMatchObject({
      status: "stopped",
      isUndoable: true,
    });
    expect(await ask("POST", `/api/v1/jobs/${id}/stop`)).toMatchObject({ code: "CONFLICT" });
    expect(await ask("POST", `/api/v1/jobs/${id}/start`)).toMatchObject({ code: "CONFLICT" });
  });

  test("has the rights of its user, and is visible to that user alone", async () => {
    const { clock, server, client, ask } = await opened();
    await machines(client, 2);
    await client.call("ACL", "SETUSER", "u", "on", ">secret", "~*", "+sm.scan", "+sm.suspend");
    const headers = { authorization: `Basic ${Buffer.from("u:secret").toString("base64")}` };
    const made = await ask("POST", "/api/v1/jobs", { action: "delete", filter: { match: "o*" } }, headers);
    expect(await ask("GET", `/api/v1/jobs/${made.id}`)).toMatchObject({ status: 404 });
    expect((await ask("GET", "/api/v1/jobs")).jobs).toEqual([]);
    await expect
      .poll(async () => (await ask("GET", `/api/v1/jobs/${made.id}`, undefined, headers)).status)
      .toBe("ready");
    await ask("POST", `/api/v1/jobs/${made.id}/start`, undefined, headers);
    await expect
      .poll(async () => {
        clock.advance(100);
        return (await ask("GET", `/api/v1/jobs/${made.id}`, undefined, headers)).refused;
      })
      .toBe(2);
    expect(await client.call("EXISTS", "o1", "o2")).toBe(2);
    expect(server.context.statistics.internalErrors).toBe(0);
  });

  test("does nothing once its user is removed, also when a new user has the name", async () => {
    const { client, ask } = await opened();
    await machines(client, 1);
    await client.call("ACL", "SETUSER", "u", "on", ">secret", "~*", "+@all");
    const headers = { authorization: `Basic ${Buffer.from("u:secret").toString("base64")}` };
    const { id } = await ask("POST", "/api/v1/jobs", { action: "suspend", keys: ["o1"], rate: 1 }, headers);
    await client.call("ACL", "DELUSER", "u");
    await client.call("ACL", "SETUSER", "u", "on", ">secret", "~*", "+@all");
    await ask("POST", `/api/v1/jobs/${id}/start`, undefined, headers);
    await expect
      .poll(async () => (await ask("GET", `/api/v1/jobs/${id}`, undefined, headers)).status)
      .toBe("failed");
    expect(await client.call("SM.INFO", "o1")).toContain("active");
  });

  test.each([
    [{}, /'action' is send/],
    [{ action: "send" }, /'event' belongs to 'send'/],
    [{ action: "retry", event: "PAY" }, /'event' belongs to 'send'/],
    [{ action: "retry", rate: 0 }, /'rate' is machines a second/],
    [{ action: "retry", speed: 1 }, /no field 'speed'/],
    [{ action: "retry", filter: { colour: "red" } }, /no filter 'colour'/],
    [{ action: "retry", filter: {}, keys: ["a"] }, /not by both/],
    [{ action: "retry", keys: [1] }, /'keys' is a list/],
    [[], /the body is an object/],
  ])("is refused: %j", async (body, detail) => {
    const { ask } = await opened();
    expect(await ask("POST", "/api/v1/jobs", body)).toMatchObject({
      status: 422,
      detail: expect.stringMatching(detail),
    });
  });

  test("fails with the reason when machines cannot be searched", async () => {
    const { ask } = await opened();
    const { id } = await ask("POST", "/api/v1/jobs", { action: "retry", filter: { where: "1 +" } });
    await expect.poll(async () => (await ask("GET", `/api/v1/jobs/${id}`)).status).toBe("failed");
    expect((await ask("GET", `/api/v1/jobs/${id}`)).fault).toMatch(/^ERR/);
  });

  test("is refused while eight others have not ended", async () => {
    const { ask } = await opened();
    for (let at = 0; at < 8; at += 1) await ask("POST", "/api/v1/jobs", { action: "retry", keys: ["a"] });
    expect(await ask("POST", "/api/v1/jobs", { action: "retry", keys: ["a"] })).toMatchObject({
      status: 503,
    });
    expect(await ask("POST", "/api/v1/jobs/1/stop")).toMatchObject({ status: "stopped" });
    expect(await ask("POST", "/api/v1/jobs", { action: "retry", keys: ["a"] })).toMatchObject({ id: "9" });
  });
});

describe("failures", () => {
  test("are grouped by definition, state, event, code and text, whatever the values were", async () => {
    const { clock, client, ask } = await opened();
    await machines(client, 4);
    for (const key of ["o1", "o2", "o3"]) {
      await client.call("SM.SEND", key, "PAY", '{"amount":100}');
      await client.call("SM.SEND", key, "SHIP");
      clock.advance(1000);
    }
    clock.advance(56_000);
    for (const failed of [1, 2, 3]) {
      clock.advance(1000);
      await expect.poll(() => client.call("SM.COUNT", "DEF", "order", "STATUS", "failed")).toBe(failed);
    }
    const { groups, machines: count, cursor } = await ask("GET", "/api/v1/failures");
    expect({ count, cursor }).toEqual({ count: 3, cursor: "0" });
    expect(groups).toHaveLength(1);
    expect(groups[0]).toMatchObject({ definition: "order:v1", state: "shipped", code: "EXECFAIL", count: 3 });
    expect(groups[0].keys.toSorted()).toEqual(["o1", "o2", "o3"]);
    expect(groups[0].last - groups[0].first).toBe(2000);
    expect((await ask("GET", "/api/v1/failures?definition=order:v1")).machines).toBe(3);
  });
});

test("permissions are returned without running a command", async () => {
  const { client, ask } = await opened();
  await client.call("ACL", "SETUSER", "u", "on", ">secret", "%R~*", "+@read", "+sm.suspend");
  const headers = { authorization: `Basic ${Buffer.from("u:secret").toString("base64")}` };
  const commands = [["SM.INFO", "o1"], ["SM.SUSPEND", "o1"], ["DEL", "o1"], ["SM.INFO"], ["NONSENSE"]];
  expect(await ask("POST", "/api/v1/allowed", commands, headers)).toEqual({
    allowed: [true, false, false, false, false],
  });
  expect(await ask("POST", "/api/v1/allowed", commands)).toEqual({
    allowed: [true, true, true, false, false],
  });
  expect(await client.call("ACL", "LOG")).toEqual([]);
});

test("a statechart that is not stored is drawn", async () => {
  const { client, ask } = await opened();
  await define(client, "order:v1", ORDER);
  const graph = JSON.parse(String(await client.call("SM.DEF", "GRAPH", "order", "JSON")));
  const { boxes } = await ask("POST", "/api/v1/drawings", { graph, title: "order" });
  expect(boxes).toHaveLength(5);
  expect(
    await ask("POST", "/api/v1/drawings", { graph: { transitions: [{ from: "a", to: ["b"] }] } }),
  ).toBeDefined();
  expect(await ask("POST", "/api/v1/drawings", { title: "order" })).toMatchObject({ status: 422 });
});
