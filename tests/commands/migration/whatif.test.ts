/** SM.MIGRATION WHATIF: what recorded events would have led to under another definition, in the background. */
import { expect, onTestFinished, test } from "vitest";
import type { TestClient } from "../../support/client.ts";
import { define, fields, rows } from "../../support/machines.ts";
import type { Decoded } from "../../support/resp-decoder.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const V1 = {
  initial: "new",
  context: { paid: 0 },
  states: {
    new: { on: { PAY: { target: "paid", actions: [{ assign: { paid: "event.amount" } }] }, CANCEL: "gone" } },
    paid: { on: { SHIP: "shipped" }, after: { "72h": "late" } },
    late: { on: { SHIP: "shipped" } },
    shipped: { type: "final" },
    gone: { type: "final" },
  },
};

/** Large payments are looked at first, what is paid is late sooner, and nothing is cancelled. */
const V2 = {
  initial: "new",
  context: { paid: 0 },
  states: {
    new: {
      on: {
        PAY: [
          { guard: "event.amount > 1000", target: "review" },
          { target: "paid", actions: [{ assign: { paid: "event.amount" } }] },
        ],
      },
    },
    review: { on: { OK: "paid" } },
    paid: { on: { SHIP: "shipped" }, after: { "1h": "late" } },
    late: { on: { SHIP: "shipped" } },
    shipped: { type: "final" },
  },
};

async function setUp() {
  const clock = new VirtualClock();
  const server = await startTestServer({ clock });
  onTestFinished(() => server.close());
  const client = await server.client();
  await define(client, "order:v1", V1);
  await define(client, "order:v2", V2);
  return { clock, client };
}

/** Lets slices run until it is done; what the last reply says. */
async function finished(client: TestClient, clock: VirtualClock, ...args: readonly (string | number)[]) {
  for (let round = 0; round < 1000; round += 1) {
    const report = fields(await client.call("SM.MIGRATION", "WHATIF", ...args));
    if (report["status"] !== "running") return report;
    clock.advance(10);
  }
  throw new Error("it does not come to an end");
}

const counts = (reply: Decoded) => fields(reply);

test("SM.MIGRATION WHATIF reports machines that would end elsewhere, the first difference, and counts by kind", async () => {
  const { client, clock } = await setUp();
  const send = (key: string, event: string, data = "{}") => client.call("SM.SEND", key, event, data);
  for (const key of ["small", "large", "cancelled", "slow"]) await client.call("SM.CREATE", key, "order:v1");
  await send("small", "PAY", '{"amount":10}');
  await send("small", "SHIP");
  await send("large", "PAY", '{"amount":5000}');
  await send("cancelled", "CANCEL");
  await send("slow", "PAY", '{"amount":10}');
  clock.advance(2 * 3_600_000);
  await send("slow", "SHIP");
  const digest = await client.call("DEBUG", "DIGEST");
  const report = await finished(client, clock, "order:v1", "order:v2");
  expect(report).toMatchObject({
    status: "done",
    machines: 4,
    looked: 4,
    same: 2,
    elsewhere: 2,
    meanwhile: 0,
  });
  expect(counts(report["differences"] ?? null)).toEqual({ states: 1, refused: 1 });
  expect(rows(report["first"] ?? null)).toEqual(
    expect.arrayContaining([
      { state: "new", event: "PAY", difference: "states", count: 1 },
      { state: "new", event: "CANCEL", difference: "refused", count: 1 },
    ]),
  );
  expect(rows(report["examples"] ?? null)).toEqual(
    expect.arrayContaining([
      {
        key: "large",
        rev: 2,
        event: "PAY",
        difference: "states",
        recorded: ["paid"],
        computed: ["review"],
        state: ["paid"],
        end: ["review"],
      },
    ]),
  );
  expect(await client.call("DEBUG", "DIGEST")).toEqual(digest);
  expect(await client.call("SM.VERIFY")).toEqual([]);
});

test("SM.MIGRATION WHATIF works in slices, can be paused, and continues where it stopped", async () => {
  const { client, clock } = await setUp();
  for (let i = 0; i < 1500; i += 1) {
    await client.pipeline([
      ["SM.CREATE", `m${i}`, "order:v1"],
      ["SM.SEND", `m${i}`, "PAY", '{"amount":1}'],
    ]);
  }
  const ask = async (...more: readonly string[]) =>
    fields(await client.call("SM.MIGRATION", "WHATIF", "order:v1", "order:v2", ...more));
  expect(await ask()).toMatchObject({ status: "running", looked: 0 });
  clock.advance(10);
  const first = await ask("PAUSE");
  expect(first).toMatchObject({ status: "paused" });
  expect(Number(first["looked"])).toBeGreaterThan(0);
  expect(Number(first["looked"])).toBeLessThan(1500);
  clock.advance(1000);
  expect(await ask()).toEqual(first);
  await client.call("DEL", "m1499");
  expect(await ask("RESUME")).toMatchObject({ status: "running" });
  expect(await finished(client, clock, "order:v1", "order:v2")).toMatchObject({
    status: "done",
    looked: 1499,
  });
  expect(await ask("STOP")).toMatchObject({ status: "stopped" });
  expect(await client.call("SM.MIGRATION", "WHATIF", "order:v1", "order:v2", "STOP")).toBe(null);
});

test("SM.MIGRATION WHATIF takes a sample that is spread evenly, and events since a time", async () => {
  const { client, clock } = await setUp();
  for (let i = 0; i < 40; i += 1) await client.call("SM.CREATE", `m${i}`, "order:v1");
  const sinceMs = clock.now() + 1000;
  clock.advance(2000);
  for (let i = 0; i < 10; i += 1) await client.call("SM.SEND", `m${i}`, "CANCEL");
  const sample = await finished(client, clock, "order:v1", "order:v2", "COUNT", 8);
  expect(sample).toMatchObject({ machines: 40, looked: 8, elsewhere: 2 });
  const recent = await finished(client, clock, "order", "order:v2", "SINCE", sinceMs);
  expect(recent).toMatchObject({ machines: 40, looked: 10, events: 10, elsewhere: 10 });
  expect(counts(recent["differences"] ?? null)).toEqual({ refused: 10 });
});

test("SM.MIGRATION WHATIF refuses missing definitions, and the same definition twice", async () => {
  const { client } = await setUp();
  const refusal = async (...args: readonly (string | number)[]) => {
    const reply = await client.call("SM.MIGRATION", "WHATIF", ...args);
    return reply instanceof ReplyFailure ? reply.message : reply;
  };
  expect(await refusal("order:v1", "order:v9")).toMatch(/^NODEF /);
  expect(await refusal("nothing", "order:v2")).toMatch(/^NODEF /);
  expect(await refusal("order:v2", "order:v2")).toMatch(/^ERR from and to are the same definition/);
  expect(await refusal("order:v1", "order:v2", "COUNT", 0)).toBe("ERR count should be greater than 0");
  expect(await refusal("order:v1", "order:v2", "PAUSE", "STOP")).toMatch(/^ERR /);
});
