/** Patches, undos, replays and migrations by HTTP: the same as by commands, with the same permissions. */
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { CORRECTION_OPERATIONS } from "../../src/http/correction-operations.ts";
import type { TestClient } from "../support/client.ts";
import { DescribedRest } from "../support/described-rest.ts";
import { request } from "../support/http.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const FORM = {
  initial: "new",
  context: { total: 100 },
  invariants: [{ name: "positive", expr: "context.total > 0" }],
  states: {
    new: {
      on: { PAY: { target: "paid", actions: [{ assign: { paid: "event.sum" } }, { emit: { event: "P" } }] } },
    },
    paid: { after: { "1h": "late" }, on: { SHIP: "shipped" } },
    late: {},
    shipped: { type: "final" },
  },
};
const LATER = {
  initial: "new",
  context: { total: 100 },
  states: { new: { on: { PAY: "billed" } }, billed: { on: { SHIP: "shipped" } }, shipped: { type: "final" } },
};
const MAP = { states: { paid: "billed", late: "billed" } };

interface Side {
  readonly server: TestServer;
  readonly clock: VirtualClock;
  readonly client: TestClient;
}

/** One server is asked by HTTP, its twin by commands. */
let http: Side;
let resp: Side;
let rest: DescribedRest;
const exercised = new Set<string>();

async function side(): Promise<Side> {
  const clock = new VirtualClock();
  const server = await startTestServer({ http: true, clock });
  const client = await server.client();
  await client.call("HELLO", "3");
  for (const [id, document] of [
    ["form:v1", FORM],
    ["form:v2", LATER],
  ] as const)
    await client.call("SM.DEF", "CREATE", id, JSON.stringify(document));
  for (const key of ["f1", "f2", "f3"]) await client.call("SM.CREATE", key, "form:v1");
  await client.call("SM.SEND", "f1", "PAY", '{"sum":7}');
  await client.call("SM.SEND", "f2", "PAY", '{"sum":8}');
  return { server, clock, client };
}

beforeEach(async () => {
  [http, resp] = await Promise.all([side(), side()]);
  rest = await DescribedRest.at(http.server.url, exercised);
});
afterEach(async () => {
  await http.server.close();
  await resp.server.close();
});

/** What is kept of machines and migrations. */
async function kept({ client }: Side): Promise<unknown> {
  const all: unknown[] = [await client.call("SM.MIGRATION", "LIST")];
  for (const key of ["f1", "f2", "f3"])
    all.push(await client.call("SM.INFO", key), await client.call("SM.HISTORY", key, "-", "+"));
  return all;
}

/** By HTTP on one side and by a command on the other; both have the same afterwards. */
async function both(
  [method, path, body]: readonly [method: string, path: string, body?: unknown],
  ...command: readonly string[]
): Promise<{ readonly status: number; readonly json: unknown; readonly reply: unknown }> {
  const { status, json } = await rest.ask(method, `/api/v1/${path}`, body);
  const reply = await resp.client.call(...command);
  for (const { clock, client } of [http, resp]) {
    clock.advance(1000);
    await client.call("PING");
  }
  expect(await kept(http)).toEqual(await kept(resp));
  return { status, json, reply };
}

describe("a machine", () => {
  test("is patched", async () => {
    const patched = await both(
      ["PATCH", "machines/f1?ifRev=2&reason=typo&by=ann", { total: 120, paid: null }],
      ...["SM.PATCH", "f1", '{"total":120,"paid":null}', "IFREV", "2", "REASON", "typo", "BY", "ann"],
    );
    expect(patched).toMatchObject({ status: 200, json: { rev: 3 }, reply: 3 });
    const patch = (path: string, body: unknown) =>
      rest.ask("PATCH", `/api/v1/machines/${path}`, body).then(({ json }) => json);
    expect(await patch("f1?ifRev=2", {})).toMatchObject({ status: 412, code: "UNMET" });
    expect(await patch("f1", { total: 0 })).toMatchObject({ status: 409, code: "INVARIANT" });
    expect(await patch("f1", [1])).toMatchObject({ status: 422 });
    expect(await patch("none", {})).toMatchObject({ status: 404, code: "NOMACHINE" });
    const body = '{"total": 9007199254740993}';
    expect(await patch("f1", body)).toMatchObject({ status: 422, detail: expect.stringContaining("total") });
    const merge = { headers: { "content-type": "application/merge-patch+json" } };
    expect((await rest.ask("PATCH", "/api/v1/machines/f1", "{}", merge)).status).toBe(200);
  });

  test("has its changes taken back, after a plan that says what that does", async () => {
    const plan = await both(["GET", "machines/f1/undo"], "SM.UNDO", "f1", "PLAN");
    expect(plan.json).toMatchObject({ rev: 2, undone: 1, state: ["new"], context: { total: 100 } });
    const undone = await both(
      ["POST", "machines/f1/undo", { rev: 2, ifRev: 2, reason: "wrong", by: "ann" }],
      ...["SM.UNDO", "f1", "REV", "2", "IFREV", "2", "REASON", "wrong", "BY", "ann"],
    );
    expect(undone).toMatchObject({ status: 200, json: { rev: 3 }, reply: 3 });
    const unmet = await rest.ask("POST", "/api/v1/machines/f1/undo", { ifRev: 2 });
    expect(unmet.json).toMatchObject({ status: 412, code: "UNMET" });
    const first = await rest.ask("POST", "/api/v1/machines/f1/undo", { rev: 1 });
    expect(first.json).toMatchObject({ status: 409, code: "NOUNDO" });
    expect((await rest.ask("GET", "/api/v1/machines/none/undo")).status).toBe(404);
  });

  test("is replayed", async () => {
    const replayed = await both(
      ["GET", "machines/f1/replay?definition=form:v2&from=2&count=5"],
      ...["SM.REPLAY", "f1", "DEF", "form:v2", "FROM", "2", "COUNT", "5"],
    );
    expect(replayed.json).toMatchObject({
      replay: [{ rev: 2, recorded: ["paid"], computed: ["billed"], equal: 0 }],
    });
    expect((await rest.ask("GET", "/api/v1/machines/none/replay")).status).toBe(404);
  });

  test("moves to another definition", async () => {
    const moved = await both(
      [
        "POST",
        "machines/f1/migrate",
        { definition: "form:v2", states: ["billed"], context: { x: 1 }, by: "ann" },
      ],
      ...["SM.MIGRATE", "f1", "form:v2", "STATE", "billed", "CONTEXT", '{"x":1}', "BY", "ann"],
    );
    expect(moved).toMatchObject({ status: 200, json: { rev: 3 }, reply: 3 });
    const lost = await rest.ask("POST", "/api/v1/machines/f2/migrate", { definition: "form:v2" });
    expect(lost.json).toMatchObject({ status: 409, code: "NOSTATE" });
    const unknown = await rest.ask("POST", "/api/v1/machines/f2/migrate", { definition: "form:v9" });
    expect(unknown.json).toMatchObject({ status: 404, code: "NODEF" });
    const missing = await rest.ask("POST", "/api/v1/machines/none/migrate", { definition: "form:v2" });
    expect(missing.json).toMatchObject({ status: 404, code: "NOMACHINE" });
    expect((await rest.ask("POST", "/api/v1/machines/f2/migrate", {})).json).toMatchObject({
      detail: "'definition' is missing",
    });
  });
});

describe("migrations", () => {
  const plan = async () =>
    await both(
      ["POST", "migrations/plans", { from: "form:v1", to: "form:v2", map: MAP }],
      ...["SM.MIGRATION", "PLAN", "form:v1", "form:v2", "MAP", JSON.stringify(MAP)],
    );

  test("are planned, started by a plan, shown, paused, resumed and taken back", async () => {
    const planned = await plan();
    expect([planned.status, planned.json]).toMatchObject([201, { id: 1, machines: 3, strays: [] }]);
    const begun = await both(
      ["POST", "migrations", { plan: 1, rate: 1, hold: true }],
      ...["SM.MIGRATION", "START", "1", "RATE", "1", "HOLD"],
    );
    expect(begun).toMatchObject({ status: 201, json: { id: 2 }, reply: 2 });
    const verb = (name: string) =>
      both(["POST", `migrations/2/${name}`], "SM.MIGRATION", name.toUpperCase(), "2");
    expect((await verb("pause")).json).toEqual({ changed: 1 });
    expect((await verb("pause")).json).toEqual({ changed: 0 });
    expect((await verb("resume")).json).toEqual({ changed: 1 });
    const status = () => both(["GET", "migrations/2?count=1"], "SM.MIGRATION", "STATUS", "2", "COUNT", "1");
    while (((await status()).json as { status: string }).status !== "DONE");
    expect((await rest.ask("GET", "/api/v1/migrations")).json).toMatchObject({
      migrations: [
        { id: 1, status: "PLANNED" },
        { id: 2, status: "DONE" },
      ],
    });
    const check = await both(
      ["POST", "migrations/2/undo", { check: true }],
      "SM.MIGRATION",
      "UNDO",
      "2",
      "CHECK",
    );
    expect(check.json).toMatchObject({ id: 2, machines: 3 });
    await both(["POST", "migrations/2/undo"], "SM.MIGRATION", "UNDO", "2");
    while (((await status()).json as { status: string }).status !== "UNDONE");
    expect(await http.client.call("SM.STATE", "f1")).toEqual(["paid"]);
  });

  test("strand no machine without a plan, and are 404 when they do not exist", async () => {
    const stranded = await rest.ask("POST", "/api/v1/migrations", { from: "form:v1", to: "form:v2" });
    expect(stranded.json).toMatchObject({ status: 409, code: "STRANDED" });
    for (const [method, path, body] of [
      ["GET", "migrations/9"],
      ["POST", "migrations/9/pause"],
      ["POST", "migrations/9/undo"],
      ["POST", "migrations", { plan: 9 }],
    ] as const)
      expect([path, (await rest.ask(method, `/api/v1/${path}`, body)).status]).toEqual([path, 404]);
    expect((await rest.ask("GET", "/api/v1/migrations/x")).status).toBe(422);
    const nothing = await rest.ask("POST", "/api/v1/migrations", {});
    expect(nothing.status).toBe(404);
  });

  test("are tried over real histories, in a run that is paused, resumed and removed", async () => {
    const ask = ["SM.MIGRATION", "WHATIF", "form:v1", "form:v2", "COUNT", "9", "SINCE", "0"];
    const query = { from: "form:v1", to: "form:v2", count: 9, since: 0 };
    const path = "migrations/whatif?from=form:v1&to=form:v2&count=9&since=0";
    expect((await both(["GET", path], ...ask)).json).toMatchObject({ from: "form:v1", to: "form:v2" });
    for (const action of ["pause", "resume"])
      await both(["POST", "migrations/whatif", { ...query, action }], ...ask, action);
    while (((await both(["GET", path], ...ask)).json as { status: string }).status !== "done");
    const { json, reply } = await both(["GET", path], ...ask);
    expect(json).toMatchObject({ looked: 3, same: 1, elsewhere: 2 });
    expect(reply).toBeInstanceOf(Map);
    const stop = async () =>
      await rest.ask("POST", "/api/v1/migrations/whatif", { ...query, action: "stop" });
    expect((await stop()).json).toMatchObject({ status: "stopped" });
    expect((await stop()).status).toBe(404);
  });
});

test("every operation is refused to a user without its command, or without its keys", async () => {
  const bodies: Readonly<Record<string, unknown>> = {
    patchMachine: {},
    migrateMachine: { definition: "form:v2" },
    planMigration: { from: "form:v1", to: "form:v2" },
    startMigration: { from: "form:v1", to: "form:v2" },
    controlWhatIf: { from: "form:v1", to: "form:v2", action: "stop" },
  };
  const asUser = async (user: string, { method, path, id }: (typeof CORRECTION_OPERATIONS)[number]) => {
    const query = id === "whatIf" ? "?from=form:v1&to=form:v2" : "";
    const body = method === "GET" ? undefined : (bodies[id] ?? {});
    return await request(http.server.url, `${path.replace("{key}", "f1").replace("{id}", "1")}${query}`, {
      method,
      headers: { authorization: `Basic ${Buffer.from(`${user}:secret`).toString("base64")}` },
      ...(body === undefined ? {} : { body }),
    });
  };
  const { client } = http;
  const before = await kept(http);
  await client.call("ACL", "SETUSER", "elsewhere", "on", ">secret", "~other:*", "+@all", "def~*");
  for (const operation of CORRECTION_OPERATIONS) {
    const command = operation.command.toLowerCase();
    await client.call(
      "ACL",
      "SETUSER",
      "without",
      "reset",
      "on",
      ">secret",
      "~*",
      "def~*",
      "+@all",
      `-${command}`,
    );
    // The list and the counts have no keys; examples are those that the user may read.
    const isKeyless = ["listMigrations", "getMigration", "whatIf", "controlWhatIf"].includes(operation.id);
    for (const user of isKeyless ? ["without"] : ["without", "elsewhere"]) {
      const { status, json } = await asUser(user, operation);
      expect([operation.id, user, status, json]).toMatchObject([operation.id, user, 403, { code: "NOPERM" }]);
    }
  }
  expect(await kept(http)).toEqual(before);
});

afterAll(() => {
  const routes = CORRECTION_OPERATIONS.map(({ method, path }) => `${method} ${path}`);
  expect(routes.filter((route) => !exercised.has(route))).toEqual([]);
});
