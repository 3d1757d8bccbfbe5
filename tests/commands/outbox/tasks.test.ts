/** Tasks: what workers find, how they answer, and what becomes of a task that nobody gets done. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TestClient } from "../../support/client.ts";
import { LastingServer } from "../../support/lasting-server.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { START_MS, VirtualClock } from "../../support/virtual-clock.ts";
import { entriesAt } from "./entries.ts";

const CHARGE = { task: "charge", input: { amount: "context.total" }, done: "PAID", failed: "UNPAID" };

/** `extra` is added to the task beside what every one of these has. */
const order = (extra: object) => ({
  initial: "new",
  context: { total: 7, charges: 0 },
  states: {
    new: { on: { PAY: { target: "paying", actions: [{ ...CHARGE, ...extra }] } } },
    paying: {
      on: {
        PAID: { target: "paid", actions: [{ assign: { charges: "context.charges + 1" } }] },
        UNPAID: { target: "unpaid", actions: [{ assign: { why: "event.reason" } }] },
      },
    },
    paid: { type: "final" },
    unpaid: { on: { PAID: { target: "paid", actions: [{ assign: { charges: "context.charges + 1" } }] } } },
  },
});

let clock: VirtualClock;
let server: TestServer;
let client: TestClient;

beforeEach(async () => {
  clock = new VirtualClock();
  server = await startTestServer({ clock });
  client = await server.client();
});

afterEach(() => server.close());

/** An order that has set its task, which a group of workers waits for. */
async function pay(extra: object): Promise<void> {
  await client.call("SM.DEF", "CREATE", "order", JSON.stringify(order(extra)));
  await client.call("SM.CREATE", "o1", "order");
  await client.call("XGROUP", "CREATE", "sm:tasks:charge", "workers", "0", "MKSTREAM");
  await client.call("SM.SEND", "o1", "PAY");
}

const read = (name: string) =>
  client.call("XREADGROUP", "GROUP", "workers", name, "COUNT", 1, "STREAMS", "sm:tasks:charge", ">");
const claim = (name: string) =>
  client.call("XAUTOCLAIM", "sm:tasks:charge", "workers", name, 0, "0", "COUNT", 10);
const state = () => client.call("SM.STATE", "o1");
const answer = (id: string) => client.call("SM.SEND", "o1", "PAID", '{"receipt":1}', "ID", id);

describe("a task", () => {
  test("is a stream entry with its id, its input and the events of its answers", async () => {
    await pay({ timeout: "30s", attempts: 3 });
    expect(await entriesAt(client, "sm:tasks:charge")).toEqual([
      {
        key: "o1",
        rev: "2",
        id: "o1@2#1",
        input: '{"amount":7}',
        done: "PAID",
        failed: "UNPAID",
        attempts: "3",
        timeout: "30000",
        deadline: String(START_MS + 30_000),
        at: String(START_MS),
      },
    ]);
  });

  test("is applied once when it was delivered and answered twice", async () => {
    await pay({ timeout: "30s" });
    await read("w1");
    await claim("w2");
    expect(await answer("o1@2#1")).toEqual(["paid"]);
    expect(await answer("o1@2#1")).toEqual(["paid"]);
    expect(await client.call("SM.CONTEXT", "o1", "charges")).toEqual(["1"]);
  });

  test.each([
    ["XAUTOCLAIM", () => claim("w3")],
    ["XCLAIM", () => client.call("XCLAIM", "sm:tasks:charge", "workers", "w3", 0, `${START_MS}-0`)],
    [
      "XREADGROUP",
      () => client.call("XREADGROUP", "GROUP", "workers", "w2", "STREAMS", "sm:tasks:charge", 0),
    ],
  ])(
    "is acknowledged by %s and not given up when it was answered at its last delivery",
    async (_name, again) => {
      await pay({ attempts: 2 });
      await read("w1");
      await claim("w2");
      await answer("o1@2#1");
      expect(JSON.stringify(await again())).not.toContain("o1@2#1");
      expect(await client.call("XPENDING", "sm:tasks:charge", "workers")).toEqual([0, null, null, null]);
      expect(await entriesAt(client, "sm:tasks:charge")).toMatchObject([{ id: "o1@2#1" }]);
      expect(await client.call("EXISTS", "sm:dead")).toBe(0);
    },
  );

  test("has no deadline once it is answered", async () => {
    await pay({ timeout: "30s" });
    expect(await client.call("SM.PENDING", "o1")).toHaveLength(1);
    await client.call("SM.SEND", "o1", "NEVER", "ID", "o1@2#1");
    expect(await client.call("SM.PENDING", "o1")).toEqual([]);
    clock.advance(60_000);
    expect(await state()).toEqual(["paying"]);
  });

  test("fails and is dead when nobody answers in time", async () => {
    await pay({ timeout: "30s" });
    await read("w1");
    clock.advance(30_000);
    expect(await state()).toEqual(["unpaid"]);
    expect(await client.call("SM.CONTEXT", "o1", "why")).toEqual(['"timeout"']);
    expect(await client.call("XLEN", "sm:tasks:charge")).toBe(0);
    const [dead] = await entriesAt(client, "sm:dead");
    expect(dead).toMatchObject({ id: "o1@2#1", task: "charge", reason: "timeout", deliveries: "1" });
    expect(await answer("o1@2#1")).toEqual(expect.any(ReplyFailure));
    expect(await state()).toEqual(["unpaid"]);
  });

  test("does not count in the lag of a group when it is dead before it is read", async () => {
    await pay({ timeout: "30s" });
    await client.call("SM.CREATE", "o2", "order");
    await client.call("SM.SEND", "o2", "PAY");
    await client.call("SM.CREATE", "o3", "order");
    clock.advance(1);
    await client.call("SM.SEND", "o3", "PAY");
    await read("w1");
    clock.advance(29_999);
    const [group] = (await client.call("XINFO", "GROUPS", "sm:tasks:charge")) as unknown[][];
    expect(group?.slice(-2)).toEqual(["lag", 1]);
  });

  test("is given up at the claim that follows its last delivery", async () => {
    await pay({ attempts: 2 });
    await read("w1");
    const [, claimed] = (await claim("w2")) as unknown[];
    expect(claimed).toHaveLength(1);
    const [, none, gone] = (await claim("w3")) as unknown[];
    expect(none).toEqual([]);
    expect(gone).toHaveLength(1);
    expect(await state()).toEqual(["unpaid"]);
    expect(await entriesAt(client, "sm:dead")).toMatchObject([{ reason: "attempts", deliveries: "2" }]);
  });

  test("is claimed from its stream behind many tasks that are given up and set again", async () => {
    const asking = (attempts: number) => ({
      initial: "asking",
      context: { total: 7 },
      states: {
        asking: { entry: [{ ...CHARGE, attempts }], on: { UNPAID: { target: "asking", reenter: true } } },
      },
    });
    await client.call("SM.DEF", "CREATE", "hasty", JSON.stringify(asking(1)));
    await client.call("SM.DEF", "CREATE", "patient", JSON.stringify(asking(9)));
    await client.call("XGROUP", "CREATE", "sm:tasks:charge", "workers", "0", "MKSTREAM");
    for (let i = 0; i < 30; i += 1) await client.call("SM.CREATE", `o${i}`, "hasty");
    await client.call("SM.CREATE", "last", "patient");
    await client.call(..."XREADGROUP GROUP workers w1 STREAMS sm:tasks:charge >".split(" "));
    const ids = Array.from({ length: 31 }, (_, i) => `${START_MS}-${i}`);
    const claimed = (await client.call("XCLAIM", "sm:tasks:charge", "workers", "w2", 0, ...ids)) as unknown[];
    expect(claimed).toEqual([[`${START_MS}-30`, expect.arrayContaining(["last@1#1"])]]);
    expect(await client.call("XLEN", "sm:tasks:charge")).toBe(31);
  });

  test("is put back under another id, so that a late answer to the first does not count", async () => {
    await pay({ timeout: "30s", attempts: 2 });
    clock.advance(30_000);
    await state();
    expect(await client.call("SM.REQUEUE", "ALL", "TASK", "other")).toBe(0);
    expect(await client.call("SM.REQUEUE", "ALL", "TASK", "charge", "COUNT", 5)).toBe(1);
    expect(await client.call("XLEN", "sm:dead")).toBe(0);
    expect(await entriesAt(client, "sm:tasks:charge")).toMatchObject([
      { id: "o1@2#1.1", deadline: String(START_MS + 60_000) },
    ]);
    expect(await answer("o1@2#1")).toEqual(expect.any(ReplyFailure));
    expect(await answer("o1@2#1.1")).toEqual(["paid"]);
    expect(await client.call("SM.REQUEUE", "1-1")).toBe(0);
  });

  test("is put back from the stream that STREAM names, which must be one of dead letters", async () => {
    await pay({ timeout: "30s", attempts: 2 });
    clock.advance(30_000);
    await state();
    const refused = await client.call("SM.REQUEUE", "ALL", "STREAM", "sm:tasks:charge");
    expect(refused).toMatchObject({
      message: "ERR STREAM names a stream of dead letters; of this partition it is sm:dead",
    });
    expect(await client.call("SM.REQUEUE", "ALL", "STREAM", "sm:dead")).toBe(1);
    expect(await client.call("XLEN", "sm:tasks:charge")).toBe(1);
  });

  test("is dead at once and blocks no machine when the key of its stream has another type", async () => {
    await client.call("SET", "sm:tasks:charge", "mine");
    await client.call("SM.DEF", "CREATE", "order", JSON.stringify(order({})));
    await client.call("SM.CREATE", "o1", "order");
    expect(await client.call("SM.SEND", "o1", "PAY")).toEqual(["paying"]);
    expect(await entriesAt(client, "sm:dead")).toMatchObject([{ task: "charge", reason: "wrongtype" }]);
    await client.call("DEL", "sm:tasks:charge");
    expect(await client.call("SM.REQUEUE", "ALL")).toBe(1);
  });

  test("of a suspended machine expires after SM.RESUME", async () => {
    await pay({ timeout: "30s" });
    await client.call("SM.SUSPEND", "o1");
    clock.advance(60_000);
    expect(await state()).toEqual(["paying"]);
    await client.call("SM.RESUME", "o1");
    clock.advance(1);
    expect(await state()).toEqual(["unpaid"]);
  });

  test("expires no longer when the machine is done, nor is a scheduled event sent", async () => {
    await pay({ timeout: "30s" });
    await client.call("SM.SEND", "o1", "UNPAID", "DELAY", 5000, "ID", "late");
    await client.call("SM.SEND", "o1", "PAID");
    expect(await client.call("SM.PENDING", "o1")).toEqual([]);
    expect(await client.call("SM.VERIFY", "o1")).toEqual([]);
    clock.advance(60_000);
    expect(await state()).toEqual(["paid"]);
    expect(await client.call("XLEN", "sm:tasks:charge")).toBe(1);
  });

  test("of a replaced machine is given up, and the new machine gets no event", async () => {
    await pay({ attempts: 1, timeout: "30s" });
    await read("w1");
    clock.advance(1);
    await client.call("SM.CREATE", "o1", "order");
    await client.call("SM.SEND", "o1", "PAY");
    expect(await claim("w2")).toMatchObject(["0-0", [], [`${START_MS}-0`]]);
    expect(await state()).toEqual(["paying"]);
    expect(await entriesAt(client, "sm:dead")).toMatchObject([{ id: "o1@2#1", reason: "attempts" }]);
    expect(await client.call("SM.REQUEUE", "ALL")).toBe(1);
    expect(await client.call("SM.PENDING", "o1")).toHaveLength(1);
    expect(await answer("o1@2#1")).toEqual(["paid"]);
  });

  test("cannot be answered for a copy of its machine, which still gets the event of the deadline", async () => {
    await pay({ timeout: "30s" });
    await client.call("COPY", "o1", "o2");
    await answer("o1@2#1");
    clock.advance(30_000);
    expect(await client.call("SM.STATE", "o2")).toEqual(["unpaid"]);
    expect(await state()).toEqual(["paid"]);
    expect(await client.call("EXISTS", "sm:dead")).toBe(0);
  });

  test("has a deadline after SM.RESUME when it was put back during suspension", async () => {
    await pay({ timeout: "30s" });
    clock.advance(30_000);
    expect(await state()).toEqual(["unpaid"]);
    await client.call("SM.SUSPEND", "o1");
    expect(await client.call("SM.REQUEUE", "ALL")).toBe(1);
    clock.advance(60_000);
    expect(await client.call("XLEN", "sm:dead")).toBe(0);
    await client.call("SM.RESUME", "o1");
    clock.advance(1);
    expect(await entriesAt(client, "sm:dead")).toMatchObject([{ id: "o1@2#1.1", reason: "timeout" }]);
  });
});

test("a deadline that passes while the server is down is reported at the time of the start", async () => {
  const lasting = new LastingServer({ config: {} });
  const first = await lasting.open();
  await first.call("SM.DEF", "CREATE", "order", JSON.stringify(order({ timeout: "30s" })));
  await first.call("SM.CREATE", "o1", "order");
  await first.call("SM.SEND", "o1", "PAY");
  await lasting.close();
  lasting.clock.advance(3_600_000);
  const second = await lasting.open();
  expect(await second.call("SM.STATE", "o1")).toEqual(["unpaid"]);
  const at = START_MS + 3_600_000;
  const newest = await second.call("XREVRANGE", "sm:changes:order", "+", "-", "COUNT", 1);
  expect(newest).toEqual([[`${at}-0`, expect.arrayContaining(["at", String(at)])]]);
  const dead = await second.call("XRANGE", "sm:dead", "-", "+");
  expect(dead).toEqual([[`${at}-0`, expect.arrayContaining(["died", String(at)])]]);
  await lasting.close();
});
