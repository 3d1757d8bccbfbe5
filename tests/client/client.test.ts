/** The TypeScript client over ioredis, against a whole server. */
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Connection, createClient, type Definition, DetentError } from "../../src/client/client.ts";
import { startTestServer } from "../support/server.ts";

interface Events {
  readonly ADD: { readonly by: number };
  readonly PAY: undefined;
  readonly PAID: { readonly ok: boolean };
}

interface Tasks {
  readonly charge: { readonly input: { readonly total: number }; readonly output: { readonly ok: boolean } };
}

const CART: Definition = {
  initial: "open",
  context: { total: 0 },
  states: {
    open: {
      on: {
        ADD: { guard: "event.by > 0", actions: [{ assign: { total: "context.total + event.by" } }] },
        PAY: {
          target: "paying",
          actions: [{ task: "charge", input: { total: "context.total" }, done: "PAID" }],
        },
      },
    },
    paying: { on: { PAID: "paid" } },
    paid: { type: "final" },
  },
};

/** The ways in which ioredis gives replies. */
const WAYS: ReadonlyArray<readonly [name: string, connect: (port: number) => Connection]> = [
  ["RESP2", (port) => new Redis({ port, protocol: 2 })],
  ["RESP3", (port) => new Redis({ port, protocol: 3 })],
  ["RESP3 with maps as objects", (port) => new Redis({ port, protocol: 3, replyMapping: "resp3" })],
];

async function carts(connect: (port: number) => Connection = (port) => new Redis(port)) {
  const server = await startTestServer();
  const connection = connect(server.port);
  onTestFinished(async () => {
    connection.disconnect();
    await server.close();
  });
  const client = createClient<Events, { total: number }, Tasks>(connection);
  expect(await client.define("cart", CART)).toBe("cart:v1");
  return { client, connection };
}

describe.each(WAYS)("over %s", (_name, connect) => {
  test("send() resolves to the result of the event", async () => {
    const { client } = await carts(connect);
    expect(await client.create("c1", "cart")).toBe(true);
    expect(await client.create("c1", "cart", { isNew: true })).toBe(false);
    const sent = await client.send("c1", "ADD", { by: 5 });
    expect(sent).toEqual({
      states: ["open"],
      rev: 2,
      hasChanged: true,
      code: "OK",
      from: ["open"],
      to: ["open"],
      at: expect.any(Number),
      output: null,
      log: [],
    });
    expect(await client.state("c1")).toEqual(["open"]);
    expect(await client.context("c1")).toEqual({ total: 5 });
    expect(await client.context("none")).toBeNull();
  });

  test("get() and history() return everything about a machine", async () => {
    const { client } = await carts(connect);
    await client.create("c1", "cart", { context: { total: 1 }, reason: "new", ttlMs: 60_000 });
    await client.send("c1", "ADD", { by: 5 }, { id: "e1", by: "ann", reason: "more" });
    await client.send("c1", "PAY");
    expect(await client.get("c1")).toEqual({
      definition: "cart:v1",
      states: ["paying"],
      status: "active",
      rev: 3,
      context: { total: 6 },
      created: expect.any(Number),
      updated: expect.any(Number),
      reason: "more",
      output: null,
      tags: [],
      ...{ pending: 0, timers: 0, failed: 0, overdue: [], parent: null, children: [] },
      ttlMs: expect.any(Number),
    });
    expect(await client.get("none")).toBeNull();
    const [created, added] = await client.history("c1", { to: 2 });
    expect(created).toMatchObject({ rev: 1, kind: "create", event: null, reason: "new", to: ["open"] });
    expect(added).toEqual({
      rev: 2,
      at: expect.any(Number),
      kind: "event",
      event: "ADD",
      id: "e1",
      by: "ann",
      reason: "more",
      from: ["open"],
      to: ["open"],
      data: { by: 5 },
      context: { total: 6 },
      ...{ stamp: null, via: [], gone: [], log: [], output: null, trace: null },
    });
    const newest = await client.history("c1", { isNewestFirst: true, count: 1 });
    expect(newest.map(({ event, data }) => [event, data])).toEqual([["PAY", null]]);
    expect(await client.history("none")).toEqual([]);
  });

  test("why() returns what an event would do, and the values that decide it", async () => {
    const { client } = await carts(connect);
    await client.create("c1", "cart");
    expect(await client.why("c1", "ADD", { by: 0 })).toEqual({
      event: "ADD",
      states: ["open"],
      verdict: "GUARD",
      message: "event 'ADD' in 'open': event.by > 0 is false (event.by = 0)",
      to: ["open"],
      context: { total: 0 },
      candidates: [
        {
          from: "open",
          event: "ADD",
          targets: [],
          guard: "event.by > 0",
          result: expect.any(String),
          error: null,
          values: { "event.by": 0 },
          place: null,
          missing: [],
        },
      ],
      parent: null,
      children: [],
    });
    expect((await client.why("c1", "PAY"))?.to).toEqual(["paying"]);
    expect(await client.why("none", "PAY")).toBeNull();
    await client.send("c1", "ADD", { by: 5 });
    expect((await client.why("c1", "ADD", { by: 2 }))?.context).toEqual({ total: 7 });
    expect((await client.why("c1", "ADD", { by: 2 }, { rev: 1 }))?.context).toEqual({ total: 2 });
    const definition = await client.define("till", {
      initial: "open",
      states: { open: { on: { PAY: "open" } } },
    });
    expect((await client.why("c1", "PAY", undefined, { definition }))?.to).toEqual(["open"]);
  });

  test("send() returns the first reply to a duplicate, also when that was not FULL", async () => {
    const { client, connection } = await carts(connect);
    await client.create("c1", "cart");
    const first = await client.send("c1", "ADD", { by: 5 }, { id: "e1" });
    expect(await client.send("c1", "ADD", { by: 5 }, { id: "e1" })).toEqual(first);
    await connection.call("SM.SEND", "c1", "PAY", "ID", "e2");
    const again = await client.send("c1", "PAY", undefined, { id: "e2" });
    expect(again).toMatchObject({
      states: ["paying"],
      rev: 3,
      hasChanged: true,
      from: ["open"],
      to: ["paying"],
    });
  });

  test("changes() continues with unacknowledged entries", async () => {
    const { client } = await carts(connect);
    await client.create("c1", "cart");
    await client.send("c1", "ADD", { by: 5 });
    for await (const change of client.changes("cart", { group: "g" })) {
      expect(change).toMatchObject({ key: "c1", rev: 1, kind: "create", to: ["open"] });
      await change.ack();
      break;
    }
    for await (const change of client.changes("cart", { group: "g" })) {
      expect(change).toMatchObject({ rev: 2, event: "ADD", data: { by: 5 }, context: { total: 5 } });
      break;
    }
  });

  test("worker() runs a task, retries it when it fails, and stops", async () => {
    const { client } = await carts(connect);
    await client.create("c1", "cart");
    await client.send("c1", "ADD", { by: 5 });
    let tries = 0;
    const paid = (async () => {
      for await (const { to } of client.changes("cart", { group: "watch" })) if (to[0] === "paid") return;
    })();
    const worker = await client.worker(
      "charge",
      async ({ input }) => {
        tries += 1;
        expect(input).toEqual({ total: 5 });
        if (tries === 1) throw new Error("no connection to the bank");
        return { ok: true };
      },
      { backoff: { delayMs: 30 }, concurrency: 4 },
    );
    await client.send("c1", "PAY");
    await paid;
    await worker.stop();
    expect(tries).toBe(2);
    expect(await client.state("c1")).toEqual(["paid"]);
  });
});

test("send() throws a DetentError with the code of the refusal", async () => {
  const { client, connection } = await carts();
  await client.create("c1", "cart");
  const refusal = (sent: Promise<unknown>) =>
    sent.then(
      () => "taken",
      (error) => (error instanceof DetentError && error.isRefusal ? error.code : error),
    );
  expect(await refusal(client.send("c1", "ADD", { by: -1 }))).toBe("GUARD");
  expect(await refusal(client.send("c1", "PAID", { ok: true }))).toBe("ILLEGAL");
  expect(await refusal(client.send("c1", "ADD", { by: 1 }, { ifRev: 9 }))).toBe("UNMET");
  expect(await refusal(client.send("c1", "PAY", undefined, { ifState: "paid" }))).toBe("UNMET");
  expect(await refusal(client.send("none", "PAY"))).toBe("NOMACHINE");
  expect(
    await refusal(client.send("c1", "ADD", { by: 1 }, { id: "e1", seq: { source: "s", number: 2 } })),
  ).toBe("taken");
  expect(await refusal(client.send("c1", "ADD", { by: 2 }, { id: "e1" }))).toBe("DUPID");
  expect(await refusal(client.send("c1", "ADD", { by: 1 }, { seq: { source: "s", number: 2 } }))).toBe(
    "STALE",
  );
  await connection.call("SM.SUSPEND", "c1");
  expect(await refusal(client.send("c1", "PAY"))).toBe("SUSPENDED");
  await connection.call("SM.RESUME", "c1");
  await client.send("c1", "PAY");
  await client.send("c1", "PAID", { ok: true });
  expect(await refusal(client.send("c1", "PAY"))).toBe("DONE");
  const done = await client.send("c1", "PAY").catch((error) => error);
  expect(done).toMatchObject({ name: "DetentError", message: expect.stringMatching(/^DONE event 'PAY'/) });
  expect(done.cause).toBeInstanceOf(Error);
});

test("send() throws a DetentError that is not a refusal when the request is wrong", async () => {
  const { client } = await carts();
  const text = JSON.stringify({ ...CART, initial: "nowhere" });
  const wrong = await client.define("cart", text).catch((error) => error);
  expect(wrong).toMatchObject({ code: "INVALIDDEF", isRefusal: false });
  await expect(client.define("cart:v1", { states: { a: {} } })).rejects.toMatchObject({ code: "DEFEXISTS" });
  await expect(client.create("c1", "none")).rejects.toMatchObject({ code: "NODEF" });
  await expect(client.create("c1", "cart", { state: "nowhere" })).rejects.toMatchObject({ code: "NOSTATE" });
});

test("send() makes the machine, waits, and lets an event expire, as its options say", async () => {
  const { client, connection } = await carts();
  const at = Date.now() + 3_600_000;
  await client.send("c1", "ADD", { by: 5 }, { definition: "cart" });
  expect(await client.send("c1", "PAY", undefined, { delayMs: 3_600_000 })).toMatchObject({
    hasChanged: false,
  });
  await client.send("c1", "ADD", { by: 1 }, { at, expireMs: 7_200_000 });
  const pending = await connection.call("SM.PENDING", "c1");
  expect(pending).toHaveLength(2);
  expect(JSON.stringify(pending)).toContain(String(at));
});

test("send() throws an error of the connection unchanged", async () => {
  const { client, connection } = await carts();
  connection.disconnect();
  const error = await client.state("c1").catch((thrown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(DetentError);
});

test("createClient() refuses a connection with a keyPrefix", () => {
  const connection = new Redis({ keyPrefix: "app:", lazyConnect: true });
  expect(() => createClient(connection)).toThrow(TypeError);
});
