import { expect, onTestFinished, test } from "vitest";
import { request } from "../support/http.ts";
import { define } from "../support/machines.ts";
import { startTestServer } from "../support/server.ts";

const APPROVAL = {
  initial: "input",
  context: { amount: 0 },
  states: {
    input: { on: { ask: { target: "pending", actions: [{ assign: { amount: "event.amount" } }] } } },
    pending: { on: { approve: "done" } },
    done: { type: "final" },
  },
};

test("durable.js' routes create sessions, accept messages and report them when http-base-durable is set", async () => {
  const server = await startTestServer({ http: true, config: { "http-base-durable": "/durable" } });
  onTestFinished(() => server.close());
  await define(await server.client(), "approval:v1", APPROVAL);
  const ask = (method: string, path: string, body?: unknown) =>
    request(server.url, `/durable${path}`, { method, ...(body === undefined ? {} : { body }) });
  expect((await ask("GET", "/approval/1")).status).toBe(404);
  const posted = await ask("POST", "/approval/1", { event: "ask", id: 7, amount: 12 });
  expect(posted.json).toMatchObject({ amount: 12, id: "1", label: "pending", status: "active" });
  expect((await ask("POST", "/approval/1", { event: "ask", id: 7, amount: 12 })).json).toEqual(posted.json);
  expect((await ask("POST", "/approval/1", { type: "nothing" })).json).toMatchObject({
    status: 409,
    code: "ILLEGAL",
  });
  expect((await ask("POST", "/approval/1", { amount: 1 })).status).toBe(422);
  expect((await ask("GET", "/approval/1")).json).toEqual(posted.json);
  expect((await ask("GET", "/approval/1/history")).json).toMatchObject([
    { kind: "create" },
    { event: "ask", id: "7" },
  ]);
  expect((await ask("GET", "/approval/sessions")).json).toEqual({ sessions: ["1"], cursor: "0" });
});

test("durable.js' routes distinguish ids of messages that no double holds", async () => {
  const server = await startTestServer({ http: true, config: { "http-base-durable": "/durable" } });
  onTestFinished(() => server.close());
  await define(await server.client(), "counter:v1", {
    initial: "on",
    context: { count: 0 },
    states: { on: { on: { hit: { actions: [{ assign: { count: "context.count + 1" } }] } } } },
  });
  const hit = (id: string) =>
    request(server.url, "/durable/counter/1", { method: "POST", body: `{"event":"hit","id":${id}}` });
  expect((await hit("9007199254740992")).json).toMatchObject({ count: 1 });
  expect((await hit("9007199254740993")).json).toMatchObject({ count: 2 });
  expect((await hit("9007199254740993")).json).toMatchObject({ count: 2 });
  expect((await hit("9007199254740992.0")).json).toMatchObject({ count: 2 });
});

test("durable.js' routes do not exist when http-base-durable is empty", async () => {
  const server = await startTestServer({ http: true });
  onTestFinished(() => server.close());
  expect((await request(server.url, "/durable/approval/1")).status).toBe(404);
});
