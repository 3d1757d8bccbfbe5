/** The TypeScript client over ioredis, against a whole server. */
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "../../examples/store.ts";
import { createClient } from "../../src/client/client.ts";
import { startTestServer } from "../support/server.ts";

type Events = {
  readonly ADD: { readonly by: number };
  readonly PAY: undefined;
  readonly PAID: { readonly ok: boolean };
};

const CART = {
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

async function carts() {
  const server = await startTestServer();
  const connection = new Redis(server.port, "127.0.0.1");
  onTestFinished(async () => {
    connection.disconnect();
    await server.close();
  });
  const client = createClient<Events>(connection);
  expect(await client.define("cart", CART)).toBe("cart:v1");
  return client;
}

test("send() answers with states or with a typed refusal", async () => {
  const client = await carts();
  expect(await client.create("c1", "cart")).toBe(true);
  expect(await client.create("c1", "cart", { isNew: true })).toBe(false);
  expect(await client.send("c1", "ADD", { by: 5 })).toEqual({ ok: true, states: ["open"], rev: 2 });
  expect(await client.send("c1", "ADD", { by: -1 })).toMatchObject({ ok: false, code: "GUARD" });
  expect(await client.send("c1", "PAID", { ok: true })).toMatchObject({ ok: false, code: "ILLEGAL" });
  expect(await client.send("c1", "ADD", { by: 1 }, { ifRev: 9 })).toMatchObject({ code: "UNMET" });
  expect(await client.send("none", "PAY")).toMatchObject({ code: "NOMACHINE" });
  expect((await client.history("c1")).map(({ kind, event }) => [kind, event])).toEqual([
    ["create", null],
    ["event", "ADD"],
  ]);
  expect((await client.why("c1", "ADD", { by: 1 })).size).toBeGreaterThan(0);
});

test("changes() goes on with what was not acknowledged", async () => {
  const client = await carts();
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

test("worker() does a task, tries again when it fails, and stops when it is done", async () => {
  const client = await carts();
  await client.create("c1", "cart");
  await client.send("c1", "ADD", { by: 5 });
  let tries = 0;
  const paid = new Promise<void>((resolve) => {
    const watch = async () => {
      for await (const { to } of client.changes("cart", { group: "watch" }))
        if (to[0] === "paid") return resolve();
    };
    void watch();
  });
  const worker = await client.worker(
    "charge",
    async ({ input }) => {
      tries += 1;
      expect(input).toEqual({ total: 5 });
      if (tries === 1) throw new Error("no connection to the bank");
      return { ok: true };
    },
    { retryAfterMs: 30, concurrency: 4 },
  );
  await client.send("c1", "PAY");
  await paid;
  await worker.stop();
  expect(tries).toBe(2);
  expect(await client.state("c1")).toEqual(["paid"]);
});

test("a store in the manner of Redux tells its listeners of every change", async () => {
  const client = await carts();
  await client.create("c1", "cart");
  const store = openStore(client, { key: "c1", definition: "cart", group: "view" });
  let count = 0;
  const told = new Promise<void>((resolve) =>
    store.subscribe(() => {
      count += 1;
      if (count === 2) resolve();
    }),
  );
  await store.perform("ADD", { by: 2 });
  await told;
  expect(await store.getState()).toEqual({ states: ["open"], context: { total: 2 } });
  await store.close();
});
