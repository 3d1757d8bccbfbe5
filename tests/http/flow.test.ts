/** How machines of a definition move: stays by state, and transitions in the last hour, since the start of the server. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Flow } from "../../src/machines/flow.ts";
import { flowOf } from "../../src/machines/flow-sums.ts";
import type { TestClient } from "../support/client.ts";
import { DescribedRest } from "../support/described-rest.ts";
import { request } from "../support/http.ts";
import { define } from "../support/machines.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { START_MS, VirtualClock } from "../support/virtual-clock.ts";

const ORDER = {
  initial: "open",
  states: {
    open: {
      initial: "new",
      states: { new: { on: { PAY: "paid", NUDGE: "new" } }, paid: { always: "checked" }, checked: {} },
      on: { CANCEL: "#cancelled", SHIP: [{ target: "shipped", guard: "event.fast == true" }, "waiting"] },
    },
    waiting: { after: { "10m": "shipped" } },
    shipped: { type: "final" },
    cancelled: { id: "cancelled", type: "final" },
  },
};

const MINUTE = 60_000;
let server: TestServer;
let clock: VirtualClock;
let client: TestClient;
let rest: DescribedRest;

beforeEach(async () => {
  clock = new VirtualClock();
  server = await startTestServer({ http: true, clock });
  client = await server.client();
  rest = await DescribedRest.at(server.url, new Set());
  await define(client, "order:v1", ORDER);
});
afterEach(() => server.close());

interface Flows {
  readonly definition: string;
  readonly since: number;
  readonly isPartial: boolean;
  readonly states: ReadonlyArray<{ state: string; stays: number; p50: number; p95: number }>;
  readonly edges: ReadonlyArray<{
    from: string;
    to: string[];
    event: string;
    taken: number;
    lastHour: number;
  }>;
}

interface Rate {
  readonly definition: string;
  readonly lastMinute: number;
  readonly minutes: readonly number[];
}

async function flow(path = "order"): Promise<Flows> {
  const { status, json } = await rest.ask("GET", `/api/v1/definitions/${path}/flow`);
  expect(status).toBe(200);
  return json as Flows;
}

const edges = (flows: Flows) =>
  flows.edges.map(
    ({ from, to, event, taken, lastHour }) => `${from} -${event}-> ${to.join()} ${taken} ${lastHour}`,
  );

describe("GET …/flow", () => {
  test("tells how long machines stayed in states, outer ones too, when they have left them", async () => {
    for (const key of ["a", "b", "c"]) await client.call("SM.CREATE", key, "order");
    expect(await flow()).toEqual({
      definition: "order:v1",
      since: START_MS,
      isPartial: false,
      states: [],
      edges: [],
    });
    clock.advance(1000);
    await client.call("SM.SEND", "a", "PAY");
    clock.advance(MINUTE - 1000);
    await client.call("SM.SEND", "b", "CANCEL");
    const { states } = await flow("order/v1");
    const known = new Map(states.map(({ state, ...figures }) => [state, figures]));
    expect([...known.keys()].sort()).toEqual(["open", "open.new"]);
    expect(known.get("open")?.stays).toBe(1);
    expect(known.get("open.new")).toEqual({ stays: 2, p50: 1023, p95: 61439 });
  });

  test("tells how often transitions were taken, automatic and delayed ones too, in the last hour and in all", async () => {
    await client.call("SM.CREATE", "a", "order");
    await client.call("SM.SEND", "a", "NUDGE");
    await client.call("SM.SEND", "a", "PAY");
    await client.call("SM.SEND", "a", "SHIP", '{"fast": false}');
    clock.advance(10 * MINUTE);
    await expect.poll(() => client.call("SM.STATE", "a")).toEqual(["shipped"]);
    expect(edges(await flow())).toEqual([
      "open.new -NUDGE-> open.new 1 1",
      "open.new -PAY-> open.paid 1 1",
      "open.paid --> open.checked 1 1",
      "open -SHIP-> waiting 1 1",
      expect.stringMatching(/^waiting -xstate\.after\.10m\..*-> shipped 1 1$/),
    ]);
    clock.advance(50 * MINUTE);
    expect((await flow()).edges.map(({ lastHour }) => lastHour)).toEqual([0, 0, 0, 0, 1]);
    clock.advance(10 * MINUTE);
    expect((await flow()).edges.map(({ taken, lastHour }) => [taken, lastHour])).toEqual(
      Array(5).fill([1, 0]),
    );
  });

  test("counts nothing that was refused or taken back in its command", async () => {
    await client.call("SM.CREATE", "a", "order");
    expect(await client.call("SM.SEND", "a", "SHOUT")).toMatchObject({
      message: expect.stringMatching(/^ILLEGAL/),
    });
    await client.call("MULTI");
    await client.call("SM.SEND", "a", "PAY");
    await client.call("DISCARD");
    expect((await flow()).edges).toEqual([]);
  });

  test("tells how often machines of each definition change, to those who may count them", async () => {
    const rates = async (headers = {}) =>
      ((await rest.ask("GET", "/api/v1/rates", undefined, { headers })).json as { rates: Rate[] }).rates;
    expect(await rates()).toEqual([]);
    for (const key of ["a", "b"]) await client.call("SM.CREATE", key, "order");
    await client.call("SM.PATCH", "a", "{}", "REASON", "a note");
    const minutes = (...last: number[]) => [...Array(60 - last.length).fill(0), ...last];
    expect(await rates()).toEqual([{ definition: "order:v1", lastMinute: 3, minutes: minutes(3) }]);
    clock.advance(MINUTE);
    await client.call("SM.SEND", "b", "PAY");
    expect(await rates()).toEqual([{ definition: "order:v1", lastMinute: 1, minutes: minutes(3, 1) }]);
    await client.call("ACL", "SETUSER", "ann", "on", ">a", "%R~*", "+@read", "def~other");
    expect(await rates({ authorization: `Basic ${btoa("ann:a")}` })).toEqual([]);
  });

  test("begins anew at CONFIG RESETSTAT, and follows FLUSHDB and SWAPDB", async () => {
    await client.call("SM.CREATE", "a", "order");
    await client.call("SM.SEND", "a", "PAY");
    await client.call("SWAPDB", "0", "1");
    expect(await request(server.url, "/api/v1/definitions/order/flow")).toMatchObject({ status: 404 });
    const swapped = (await rest.ask("GET", "/api/v1/definitions/order/flow?db=1")).json as Flows;
    expect(swapped.edges.length).toBe(2);
    await client.call("SWAPDB", "0", "1");
    expect((await flow()).edges.length).toBe(2);
    clock.advance(5);
    await client.call("CONFIG", "RESETSTAT");
    expect(await flow()).toMatchObject({ since: START_MS + 5, states: [], edges: [] });
    await client.call("SM.SEND", "a", "CANCEL");
    await client.call("FLUSHDB");
    await define(client, "order:v1", ORDER);
    expect((await flow()).edges).toEqual([]);
  });

  test("needs the right to count the machines of the definition", async () => {
    await client.call("ACL", "SETUSER", "ann", "on", ">a", "%R~*", "+@read", "def~other");
    const headers = { authorization: `Basic ${btoa("ann:a")}` };
    const { status, json } = await request(server.url, "/api/v1/definitions/order/flow", { headers });
    expect([status, json]).toMatchObject([403, { code: "NOPERM" }]);
  });
});

test("note() counts no further places when there are too many, and says so", () => {
  const flows = new Flow(0, 2);
  const way = (state: string) => ({
    kind: "machine" as const,
    database: 0,
    key: "k" as never,
    definition: { name: "d", version: "v1" },
    history: { rev: 2, atMs: 10, kind: "event", from: [], to: [] },
    way: { left: [[state, 0] as const], taken: [] },
  });
  flows.note([way("a"), way("b"), way("c"), way("a")]);
  const { states, isPartial } = flowOf([flows.part(0, { name: "d", version: "v1" }, 20)]);
  expect(states.map(({ state, stays }) => [state, stays])).toEqual([
    ["a", 2],
    ["b", 1],
  ]);
  expect(isPartial).toBe(true);
  flows.note([{ kind: "flush", database: 0, phys: 0 }, way("c")]);
  expect(flowOf([flows.part(0, { name: "d", version: "v1" }, 20)]).states.length).toBe(1);
});
