/** The story of an order: what a client of SM.SEND and its companions sees, from the first event to the last. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TestClient } from "../../support/client.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const ORDER = {
  id: "order",
  initial: "new",
  context: { paid: 0, total: 100 },
  states: {
    new: {
      on: {
        PAY: [
          {
            target: "paid",
            guard: "event.amount >= context.total",
            actions: [{ assign: { paid: "context.paid + event.amount" } }],
          },
        ],
        CANCEL: "cancelled",
      },
    },
    paid: { on: { SHIP: "shipped" }, after: { "72h": "escalated" } },
    escalated: { on: { SHIP: "shipped" } },
    shipped: { type: "final" },
    cancelled: { type: "final" },
  },
};

const HOURS = 3_600_000;

let server: TestServer;
let client: TestClient;
const clock = new VirtualClock();

beforeEach(async () => {
  server = await startTestServer({ clock });
  client = await server.client();
  expect(await client.call("SM.DEF", "CREATE", "order", JSON.stringify(ORDER))).toBe("order:v1");
  expect(await client.call("SM.CREATE", "o1", "order")).toBe("OK");
});

afterEach(() => server.close());

describe("SM.SEND", () => {
  test("moves a machine whose guard holds and changes its context", async () => {
    expect(await client.call("SM.SEND", "o1", "PAY", '{"amount": 120}')).toEqual(["paid"]);
    expect(await client.call("SM.CONTEXT", "o1")).toBe('{"paid":120,"total":100}');
    expect(await client.call("SM.STATE", "o1")).toEqual(["paid"]);
  });

  test("explains the guard that is false and the event that is not accepted", async () => {
    expect(await client.call("SM.SEND", "o1", "PAY", '{"amount": 42}')).toEqual(
      new ReplyFailure(
        "GUARD event 'PAY' in 'new': event.amount >= context.total is false (event.amount = 42, context.total = 100)",
      ),
    );
    expect(await client.call("SM.SEND", "o1", "REFUND")).toEqual(
      new ReplyFailure("ILLEGAL event 'REFUND' is not accepted in 'new'; accepted: PAY, CANCEL"),
    );
  });

  test("repeats its reply to a known id, also for a refusal and the last event", async () => {
    const refused = await client.exchange("SM.SEND", "o1", "SHIP", "ID", "e0");
    await client.call("SM.SEND", "o1", "PAY", '{"amount":100}', "ID", "e1");
    const last = await client.exchange("SM.SEND", "o1", "SHIP", "ID", "e2", "FULL");
    expect((await client.exchange("SM.SEND", "o1", "SHIP", "ID", "e0")).bytes).toEqual(refused.bytes);
    expect((await client.exchange("SM.SEND", "o1", "SHIP", "ID", "e2")).bytes).toEqual(last.bytes);
    expect(await client.call("SM.SEND", "o1", "PAY", '{"amount":1}', "ID", "e1")).toEqual(
      new ReplyFailure("DUPID event id 'e1' was used for another event or other data"),
    );
  });

  test("refuses a SEQ that its source has passed", async () => {
    await client.call("SM.SEND", "o1", "PAY", '{"amount":100}', "SEQ", "gateway", 7);
    expect(await client.call("SM.SEND", "o1", "SHIP", "SEQ", "gateway", 7)).toBeInstanceOf(ReplyFailure);
    expect(await client.call("SM.SEND", "o1", "SHIP", "SEQ", "gateway", 8)).toEqual(["shipped"]);
  });

  test("changes nothing when IFSTATE or IFREV does not hold", async () => {
    expect(await client.call("SM.SEND", "o1", "CANCEL", "IFSTATE", "paid")).toBeNull();
    expect(await client.call("SM.SEND", "o1", "CANCEL", "IFREV", 9)).toBeNull();
    expect(await client.call("SM.SEND", "o1", "CANCEL", "IFREV", 1, "IFSTATE", "new")).toEqual(["cancelled"]);
  });

  test("makes a missing machine with DEF, and leaves none when the event is refused", async () => {
    expect(await client.call("SM.SEND", "o2", "SHIP", "DEF", "order")).toBeInstanceOf(ReplyFailure);
    expect(await client.call("SM.STATE", "o2")).toBeNull();
    expect(await client.call("SM.SEND", "o2", "CANCEL", "DEF", "order:v1")).toEqual(["cancelled"]);
  });
});

describe("timers", () => {
  test("an after timer fires once when it is due", async () => {
    await client.call("SM.SEND", "o1", "PAY", '{"amount":100}');
    clock.jump(72 * HOURS - 1);
    expect(await client.call("SM.STATE", "o1")).toEqual(["paid"]);
    clock.jump(1);
    expect(await client.call("SM.STATE", "o1")).toEqual(["escalated"]);
    clock.jump(100 * HOURS);
    expect(await client.call("SM.VERIFY", "o1")).toEqual([]);
    expect(await client.call("SM.PENDING", "o1")).toEqual([]);
  });

  test("a suspended machine's timer waits for SM.RESUME", async () => {
    await client.call("SM.SEND", "o1", "PAY", '{"amount":100}');
    expect(await client.call("SM.SUSPEND", "o1", "fraud check")).toBe(1);
    clock.jump(80 * HOURS);
    expect(await client.call("SM.STATE", "o1")).toEqual(["paid"]);
    expect(await client.call("SM.SEND", "o1", "SHIP")).toEqual(
      new ReplyFailure("SUSPENDED the machine is suspended: fraud check"),
    );
    expect(await client.call("SM.RESUME", "o1")).toBe(1);
    clock.jump(0);
    expect(await client.call("SM.STATE", "o1")).toEqual(["escalated"]);
  });

  test("a scheduled event is delivered when it is due and can be taken back before", async () => {
    await client.call("SM.SEND", "o1", "CANCEL", "DELAY", 5000, "ID", "later");
    await client.call("SM.SEND", "o1", "CANCEL", "DELAY", 9000);
    expect(await client.call("SM.CANCEL", "o1", "@2", "nothing")).toBe(1);
    clock.jump(5000);
    expect(await client.call("SM.STATE", "o1")).toEqual(["cancelled"]);
  });
});

describe("keys", () => {
  test("copies and moved keys keep history, timers and outcomes; removed ones leave nothing", async () => {
    await client.call("SM.SEND", "o1", "PAY", '{"amount":100}', "ID", "pay");
    expect(await client.call("COPY", "o1", "copy")).toBe(1);
    expect(await client.call("RENAME", "o1", "renamed")).toBe("OK");
    clock.jump(72 * HOURS);
    expect(await client.call("SM.STATE", "copy")).toEqual(["escalated"]);
    expect(await client.call("SM.STATE", "renamed")).toEqual(["escalated"]);
    expect(await client.call("SM.SEND", "copy", "PAY", '{"amount":100}', "ID", "pay")).toEqual(["paid"]);
    expect(await client.call("DEL", "copy", "renamed")).toBe(2);
    expect(await client.call("SM.COUNT")).toBe(0);
    expect(await client.call("SM.DEF", "DEL", "order:v1")).toBe(1);
  });
});

describe("queries", () => {
  test("SM.COUNT and SM.SCAN agree with the events that were applied", async () => {
    for (let i = 2; i <= 25; i += 1) await client.call("SM.CREATE", `o${i}`, "order");
    await client.call("SM.SEND", "o3", "PAY", '{"amount":100}');
    await client.call("SM.SEND", "o4", "CANCEL");
    expect(await client.call("SM.COUNT", "DEF", "order")).toBe(25);
    expect(await client.call("SM.COUNT", "DEF", "order:v1", "STATE", "new")).toBe(23);
    expect(await client.call("SM.COUNT", "BY", "STATUS")).toEqual(["active", 24, "done", 1]);
    const found: string[] = [];
    let cursor = "0";
    do {
      const [next, keys] = (await client.call(
        "SM.SCAN",
        cursor,
        "DEF",
        "order",
        "STATE",
        "new",
        "COUNT",
        7,
      )) as [string, string[]];
      found.push(...keys);
      cursor = next;
    } while (cursor !== "0");
    expect(new Set(found).size).toBe(23);
    expect(await client.call("SM.SCAN", "0", "STATE", "paid", "OLDER", 1000)).toEqual(["0", []]);
    clock.jump(1001);
    expect(await client.call("SM.SCAN", "0", "STATE", "paid", "OLDER", 1000)).toEqual(["0", ["o3"]]);
    expect(await client.call("SM.VERIFY")).toEqual([]);
  });

  test("SM.INFO returns the past as the history has it", async () => {
    await client.call("SM.SEND", "o1", "PAY", '{"amount":100}', "BY", "ann", "REASON", "card");
    await client.call("SM.SEND", "o1", "SHIP");
    const info = (await client.call("SM.INFO", "o1", "REV", 1)) as unknown[];
    expect(info.slice(0, 10)).toEqual([
      "definition",
      "order:v1",
      "state",
      ["new"],
      "status",
      "active",
      "rev",
      1,
      "context",
      '{"paid":0,"total":100}',
    ]);
    const history = (await client.call("SM.HISTORY", "o1", "-", "+")) as unknown[];
    expect(history).toHaveLength(3);
    expect((await client.call("SM.WHY", "o1", "SHIP")) as unknown[]).toContain("DONE");
  });
});
