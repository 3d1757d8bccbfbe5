/** The REST interface: every answer is held against the schema that openapi.json has for it. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CORRECTION_OPERATIONS } from "../../src/http/correction-operations.ts";
import { DescribedRest } from "../support/described-rest.ts";
import { type Asked, request } from "../support/http.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const ORDER = {
  initial: "new",
  context: { paid: 0, total: 100 },
  states: {
    new: {
      on: {
        PAY: {
          target: "paid",
          guard: "event.amount >= context.total",
          actions: [{ assign: { paid: "event.amount" } }, { log: "event.amount" }],
        },
        CANCEL: "cancelled",
      },
    },
    paid: { on: { SHIP: "shipped" }, after: { "72h": "late" } },
    late: { on: { SHIP: "shipped" } },
    shipped: { type: "final" },
    cancelled: { type: "final" },
  },
};

let server: TestServer;
let clock: VirtualClock;
let rest: DescribedRest;
const exercised = new Set<string>();

beforeEach(async () => {
  clock = new VirtualClock();
  server = await startTestServer({ http: true, clock });
  rest = await DescribedRest.at(server.url, exercised);
});
afterEach(() => server.close());

const ask = (method: string, path: string, body?: unknown, more: Asked = {}) =>
  rest.ask(method, path, body, more);

async function withOrder(): Promise<void> {
  await ask("PUT", "/api/v1/definitions/order/v1", ORDER);
  await ask("PUT", "/api/v1/machines/o1", { definition: "order" });
}

describe("definitions", () => {
  test("are put, listed, read, drawn, checked and removed", async () => {
    const put = await ask("PUT", "/api/v1/definitions/order/v1", ORDER);
    expect([put.status, put.json]).toEqual([200, { id: "order:v1" }]);
    expect((await ask("GET", "/api/v1/definitions")).json).toEqual({ definitions: ["order:v1"] });
    expect((await ask("GET", "/api/v1/definitions/order")).json).toMatchObject({ initial: "new" });
    expect((await ask("GET", "/api/v1/definitions/order/v1")).json).toMatchObject({ initial: "new" });
    const mermaid = await ask("GET", "/api/v1/definitions/order/graph");
    expect(mermaid.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(mermaid.body).toMatch(/^stateDiagram-v2/);
    expect((await ask("GET", "/api/v1/definitions/order/v1/graph?format=json")).json).toMatchObject({
      transitions: [{ from: "new", to: ["paid"] }, {}, {}, {}, {}],
    });
    expect((await ask("GET", "/api/v1/definitions/order/drawing")).json).toMatchObject({
      boxes: [{ name: "order" }, {}, {}, {}, {}, {}],
    });
    const svg = await ask("GET", "/api/v1/definitions/order/v1/drawing?format=svg");
    expect([svg.headers["content-type"], svg.body]).toEqual([
      "image/svg+xml",
      expect.stringMatching(/^<svg /),
    ]);
    const checked = await ask("POST", "/api/v1/definitions/check", { initial: "a", states: { b: {} } });
    expect(checked.json).toMatchObject({ findings: [{ severity: "error" }] });
    expect((await ask("DELETE", "/api/v1/definitions/order/v1")).status).toBe(204);
    expect((await ask("GET", "/api/v1/definitions/order")).json).toMatchObject({
      status: 404,
      code: "NODEF",
    });
    expect((await ask("DELETE", "/api/v1/definitions/order/v1")).status).toBe(404);
  });

  test("a document that does not compile is 422, another one under the same id 409", async () => {
    await withOrder();
    const invalid = await ask("PUT", "/api/v1/definitions/bad", { initial: "x", states: {} });
    expect(invalid.json).toMatchObject({ status: 422, code: "INVALIDDEF" });
    const other = await ask("PUT", "/api/v1/definitions/order/v1", { ...ORDER, initial: "paid" });
    expect(other.json).toMatchObject({ status: 409, code: "DEFEXISTS" });
    const used = await ask("DELETE", "/api/v1/definitions/order/v1");
    expect(used.json).toMatchObject({ status: 409, code: "DEFINUSE" });
  });
});

describe("machines", () => {
  beforeEach(withOrder);

  test("are created, read, listed, counted and removed", async () => {
    const made = await ask("PUT", "/api/v1/machines/o2", {
      definition: "order:v1",
      states: ["paid"],
      context: { paid: 7, total: 100 },
      reason: "imported",
      by: "ann",
    });
    expect([made.status, made.json]).toMatchObject([201, { state: ["paid"], context: { paid: 7 } }]);
    const again = await ask("PUT", "/api/v1/machines/o2", { definition: "order", ifAbsent: true });
    expect(again.json).toMatchObject({ status: 412, code: "UNMET" });
    expect((await ask("GET", "/api/v1/machines/o2?rev=1")).json).toMatchObject({
      rev: 1,
      reason: "imported",
    });
    expect((await ask("GET", "/api/v1/machines/none")).json).toMatchObject({
      status: 404,
      code: "NOMACHINE",
    });
    const page = await ask("GET", "/api/v1/machines?definition=order&state=paid");
    expect(page.json).toMatchObject({ cursor: "0", machines: [{ key: "o2", definition: "order:v1" }] });
    expect((await ask("GET", "/api/v1/counts?definition=order")).json).toEqual({ count: 2 });
    expect((await ask("GET", "/api/v1/counts?by=state")).json).toEqual({ count: { new: 1, paid: 1 } });
    expect((await ask("DELETE", "/api/v1/machines/o2")).status).toBe(204);
    expect((await ask("DELETE", "/api/v1/machines/o2")).status).toBe(404);
    const client = await server.client();
    await client.call("SET", "text", "x");
    expect((await ask("DELETE", "/api/v1/machines/text")).json).toMatchObject({
      status: 409,
      code: "WRONGTYPE",
    });
  });

  test("with a map of their own move to the state that an event names", async () => {
    const made = await ask("PUT", "/api/v1/machines/m1", { map: { a: ["b"] }, initial: "a" });
    expect(made.json).toMatchObject({ definition: null, state: ["a"] });
    expect((await ask("POST", "/api/v1/machines/m1/events", { event: "b" })).json).toMatchObject({
      state: ["b"],
    });
  });

  test("are reached by paths with slashes, percent signs and other letters", async () => {
    for (const key of ["a/b", "50%25", "grün:ü", "x?y#z", "sp ace", "{t}:1"]) {
      const path = `/api/v1/machines/${encodeURIComponent(key)}`;
      expect((await ask("PUT", path, { definition: "order" })).status).toBe(201);
      const client = await server.client();
      expect([key, await client.call("SM.STATE", key)]).toEqual([key, ["new"]]);
      expect((await ask("GET", `${path}/next`)).status).toBe(200);
    }
  });
});

describe("events", () => {
  beforeEach(withOrder);

  test("move a machine; the same id gets the same answer", async () => {
    const event = { event: "PAY", data: { amount: 100 }, id: "e1", by: "ann", trace: TRACE };
    const sent = await ask("POST", "/api/v1/machines/o1/events", event);
    expect([sent.status, sent.json]).toMatchObject([
      200,
      { state: ["paid"], rev: 2, code: "OK", id: "e1", from: ["new"], log: [100] },
    ]);
    expect((await ask("POST", "/api/v1/machines/o1/events", event)).json).toEqual(sent.json);
    const { json } = await ask("GET", "/api/v1/machines/o1/history?newestFirst=true&count=1");
    expect(json).toMatchObject({
      history: [{ event: "PAY", data: { amount: 100 }, context: { paid: 100 }, trace: TRACE }],
    });
    expect((await ask("GET", "/api/v1/machines/o1/outcomes/e1")).json).toMatchObject({ code: "OK", rev: 2 });
    expect((await ask("GET", "/api/v1/machines/o1/outcomes/e2")).status).toBe(404);
    expect((await ask("GET", "/api/v1/machines/o1/pending")).json).toMatchObject({
      pending: [{ kind: "timer" }],
    });
  });

  test("headers give an id and a trace that the body does not", async () => {
    const headers = { "idempotency-key": "k1", traceparent: TRACE };
    await ask("POST", "/api/v1/machines/o1/events", { event: "CANCEL" }, { headers });
    expect((await ask("GET", "/api/v1/machines/o1/outcomes/k1")).json).toMatchObject({ event: "CANCEL" });
    expect((await ask("GET", "/api/v1/machines/o1/history?from=2")).json).toMatchObject({
      history: [{ id: "k1", trace: TRACE }],
    });
  });

  test("answer 409 with what is accepted, and with failed guards and their values, when they are refused", async () => {
    const illegal = await ask("POST", "/api/v1/machines/o1/events", { event: "SHIP" });
    expect(illegal.json).toMatchObject({
      status: 409,
      code: "ILLEGAL",
      accepted: ["PAY", "CANCEL"],
      guards: [],
    });
    const guard = await ask("POST", "/api/v1/machines/o1/events", { event: "PAY", data: { amount: 1 } });
    expect(guard.json).toMatchObject({
      status: 409,
      code: "GUARD",
      guards: [
        { guard: "event.amount >= context.total", values: { "event.amount": 1, "context.total": 100 } },
      ],
    });
    const why = await ask("GET", "/api/v1/machines/o1/why?event=PAY&data=%7B%22amount%22%3A1%7D");
    expect(why.json).toMatchObject({ verdict: "GUARD", candidates: [{ values: { "event.amount": 1 } }] });
    const unmet = await ask("POST", "/api/v1/machines/o1/events", { event: "CANCEL", ifRev: 7 });
    expect(unmet.json).toMatchObject({ status: 412, code: "UNMET" });
    const missing = await ask("POST", "/api/v1/machines/none/events", { event: "PAY" });
    expect(missing.json).toMatchObject({ status: 404, code: "NOMACHINE" });
  });

  test("take a number of a source and its source together", async () => {
    const send = async (more: object) =>
      (await ask("POST", "/api/v1/machines/o1/events", { event: "CANCEL", ...more })).json;
    const alone = { status: 422, detail: "'source' and 'seq' are given together" };
    expect(await send({ seq: 5 })).toMatchObject(alone);
    expect(await send({ source: "s" })).toMatchObject(alone);
    expect(await send({ source: "s", seq: 5 })).toMatchObject({ code: "OK" });
  });

  test("data keeps the text it was sent as, numbers that no double holds included", async () => {
    const body = '{"event":"CANCEL", "data": {"n": 9007199254740993, "x": 1.10} }';
    await ask("POST", "/api/v1/machines/o1/events", body);
    const { body: text } = await ask("GET", "/api/v1/machines/o1/history?from=2");
    expect(text).toContain('{"n": 9007199254740993, "x": 1.10}');
  });

  test("for later are scheduled and cancelled; machines are suspended, resumed, retried", async () => {
    const sent = await ask("POST", "/api/v1/machines/o1/events", {
      event: "CANCEL",
      delayMs: 5000,
      id: "later",
    });
    expect(sent.json).toMatchObject({ code: "SCHEDULED" });
    expect((await ask("DELETE", "/api/v1/machines/o1/pending/later")).status).toBe(204);
    expect((await ask("DELETE", "/api/v1/machines/o1/pending/later")).status).toBe(404);
    expect((await ask("POST", "/api/v1/machines/o1/suspend", { reason: "look" })).json).toEqual({
      changed: 1,
    });
    const refused = await ask("POST", "/api/v1/machines/o1/events", { event: "CANCEL" });
    expect(refused.json).toMatchObject({ status: 409, code: "SUSPENDED" });
    expect((await ask("POST", "/api/v1/machines/o1/resume")).json).toEqual({ changed: 1 });
    expect((await ask("POST", "/api/v1/machines/o1/retry")).json).toEqual({ changed: 0 });
    expect((await ask("POST", "/api/v1/machines/none/suspend")).status).toBe(404);
  });
});

const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

describe("commands", () => {
  test("are answered with a reply for one and a list for several, also with MULTI", async () => {
    expect((await ask("POST", "/api/v1/commands", ["SET", "k", "1"])).json).toBe("OK");
    const several = await ask("POST", "/api/v1/commands", [
      ["MULTI"],
      ["INCR", "k"],
      ["GET", "k"],
      ["EXEC"],
      ["NOSUCH"],
      ["GET", { base64: Buffer.from("k").toString("base64") }],
    ]);
    expect(several.json).toMatchObject(["OK", "QUEUED", "QUEUED", [2, "2"], { error: { code: "ERR" } }, "2"]);
    const failed = await ask("POST", "/api/v1/commands", ["INCR", "k", "x"]);
    expect(failed.json).toMatchObject({
      status: 422,
      code: "ERR",
      detail: "wrong number of arguments for 'incr' command",
    });
  });

  test("are refused when they need a connection, and answered at the limit when they block", async () => {
    for (const command of [["SUBSCRIBE", "c"], ["HELLO", "2"], ["CLIENT", "REPLY", "OFF"], ["quit"]])
      expect((await ask("POST", "/api/v1/commands", command)).status).toBe(422);
    const waiting = ask("POST", "/api/v1/commands", ["XREAD", "BLOCK", "0", "STREAMS", "s", "$"]);
    while (server.context.waiters.size === 0) await new Promise((done) => setImmediate(done));
    clock.advance(30_000);
    expect((await waiting).json).toBeNull();
    expect(server.context.sessions.size).toBe(0);
  });
});

describe("an invalid request", () => {
  beforeEach(withOrder);

  test("is refused with a message that says what would be right", async () => {
    const send = (body: unknown, more: Asked = {}) =>
      ask("POST", "/api/v1/machines/o1/events", body, more).then(({ json }) => json);
    expect(await send({})).toMatchObject({ status: 422, detail: "'event' is missing" });
    expect(await send({ event: 1 })).toMatchObject({ status: 422, detail: "'event' must be a string" });
    expect(await send({ event: "PAY", amount: 1 })).toMatchObject({
      status: 422,
      detail: expect.stringMatching(/^there is no field 'amount'; there are event, data, id/),
    });
    expect(await send("{")).toMatchObject({ status: 422, detail: expect.stringMatching(/not JSON/) });
    expect(await send('{"event":"A","event":"B"}')).toMatchObject({ detail: "'event' is given twice" });
    const form = { headers: { "content-type": "text/plain" } };
    expect(await send('{"event":"PAY"}', form)).toMatchObject({ status: 415 });
    const query = await ask("GET", "/api/v1/machines?stat=x");
    expect(query.json).toMatchObject({
      status: 422,
      detail: expect.stringMatching(/^there is no parameter 'stat'/),
    });
    const long = { event: "PAY", data: "x".repeat(9 << 20) };
    expect(await send(long)).toMatchObject({ status: 413 });
  });

  test("an unknown path is 404, another method 405 with those there are", async () => {
    const unknown = await request(server.url, "/api/v1/nothing");
    expect([unknown.status, unknown.headers["content-type"]]).toEqual([404, "application/problem+json"]);
    const wrong = await request(server.url, "/api/v1/machines/o1/events");
    expect([wrong.status, wrong.headers["allow"]]).toEqual([405, "POST"]);
  });
});

describe("login", () => {
  test("gives a token that holds as cookie and as bearer, until it is ended", async () => {
    await server.context.config.set([["requirepass", "secret"]]);
    expect((await ask("GET", "/api/v1/whoami")).status).toBe(401);
    expect((await ask("POST", "/api/v1/login", { password: "wrong" })).status).toBe(401);
    const login = await ask("POST", "/api/v1/login", { user: "default", password: "secret" });
    const [cookie = ""] = login.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/^detent_token=\S+; Path=\/; HttpOnly; SameSite=Strict$/);
    const headers = { cookie: cookie.split(";")[0] ?? "" };
    const who = await ask("GET", "/api/v1/whoami", undefined, { headers });
    expect(who.json).toMatchObject({ user: "default", login: true });
    const { token } = login.json as { token: string };
    const bearer = { headers: { authorization: `Bearer ${token}` } };
    expect((await ask("GET", "/api/v1/whoami", undefined, bearer)).json).toMatchObject({ login: false });
    expect((await ask("DELETE", "/api/v1/login", undefined, { headers })).status).toBe(204);
    expect((await ask("GET", "/api/v1/whoami", undefined, { headers })).status).toBe(401);
  });
});

test("every route of openapi.json is exercised here but those that have tests of their own", () => {
  const elsewhere = [
    ...["GET /api/v1/changes", "GET /metrics", "GET /healthz", "GET /readyz"],
    ...CORRECTION_OPERATIONS.map(({ method, path }) => `${method} ${path}`),
  ];
  expect(
    rest.routes.filter(
      (route) =>
        !exercised.has(route) &&
        !elsewhere.includes(route) &&
        !/jobs|failures|allowed|drawings|flow|export|effects|streams|rates|overview/.test(route),
    ),
  ).toEqual([]);
});
