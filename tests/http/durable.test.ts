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

test("durable.js' routes make sessions, take messages and tell of them when http-base-durable is set", async () => {
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

test("durable.js' routes are not there when http-base-durable is empty", async () => {
  const server = await startTestServer({ http: true });
  onTestFinished(() => server.close());
  expect((await request(server.url, "/durable/approval/1")).status).toBe(404);
});
