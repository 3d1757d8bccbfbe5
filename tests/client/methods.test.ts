/** What the methods of the client answer with, against a whole server. */
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Connection, createClient } from "../../src/client/client.ts";
import { startTestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const LOAN = {
  initial: "asked",
  context: { sum: 10, who: { name: "Ann" } },
  states: {
    asked: {
      sla: "1h",
      on: {
        RAISE: { guard: "event.by > 0", actions: { assign: { sum: "context.sum + event.by" } } },
        WAIT: "asked",
      },
      after: { "2h": "lapsed" },
      join: [{ all: { bank: "BANK", client: "CLIENT" }, target: "agreed" }],
    },
    agreed: { on: { PAY: "paid" } },
    paid: { type: "final" },
    lapsed: { type: "final" },
  },
} as const;

const WAYS: ReadonlyArray<readonly [name: string, connect: (port: number) => Connection]> = [
  ["RESP2", (port) => new Redis({ port, protocol: 2 })],
  ["RESP3", (port) => new Redis({ port, protocol: 3 })],
  ["RESP3 with maps as objects", (port) => new Redis({ port, protocol: 3, replyMapping: "resp3" })],
];

async function loans(connect: (port: number) => Connection = (port) => new Redis(port)) {
  const clock = new VirtualClock();
  const server = await startTestServer({ clock });
  const connection = connect(server.port);
  onTestFinished(async () => {
    connection.disconnect();
    await server.close();
  });
  const client = createClient(connection, LOAN);
  await client.define("loan", LOAN);
  await client.create("l1", "loan");
  return { client, connection, clock };
}

/** Asks again until it is so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo()));
}

async function listed<Item>(walk: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of walk) items.push(item);
  return items;
}

describe.each(WAYS)("over %s", (_name, connect) => {
  test("next(), pending() and joins() return what can happen next, and cancel() removes events", async () => {
    const { client } = await loans(connect);
    expect(await client.next("l1")).toContainEqual({
      ...{ event: "RAISE", from: "asked", targets: [], guard: "event.by > 0", holds: null },
      ...{ place: null, missing: [], stops: [] },
    });
    await client.send("l1", "BANK", { rate: 3 }, { id: "b1" });
    await client.send("l1", "WAIT", undefined, { delayMs: 1000, id: "w1" });
    const pending = await client.pending("l1");
    expect(pending.map(({ kind, event }) => [kind, event])).toEqual([
      ["scheduled", "WAIT"],
      ["kept", "BANK"],
      ["timer", expect.stringContaining("after.2h")],
    ]);
    expect(await client.joins("l1")).toEqual([
      {
        state: "asked",
        place: "bank",
        event: "BANK",
        isKept: true,
        data: { rate: 3 },
        id: expect.any(String),
      },
      { state: "asked", place: "client", event: "CLIENT", isKept: false, data: null, id: null },
    ]);
    expect(await client.cancel("l1", pending[0]?.id ?? "")).toBe(1);
    expect(await client.cancel("l1")).toBe(0);
  });

  test("values() reads parts of the data, and null for what is not there", async () => {
    const { client } = await loans(connect);
    expect(await client.values("l1", "sum", "who.name")).toEqual({ sum: 10, "who.name": "Ann" });
    expect(await client.values("none", "sum")).toBeNull();
  });

  test("scan(), scanMachines(), count() and countBy() find machines", async () => {
    const { client } = await loans(connect);
    for (let number = 2; number <= 30; number += 1) await client.create(`l${number}`, "loan");
    await client.suspend("l7", "looked at");
    expect((await listed(client.scan({ definition: "loan", count: 5 }))).length).toBe(30);
    const found = await listed(client.scanMachines({ where: "context.sum == 10", match: "l7" }));
    expect(found).toEqual([
      expect.objectContaining({ key: "l7", status: "suspended", context: LOAN.context }),
    ]);
    expect(await client.count({ state: "asked" })).toBe(30);
    expect(await client.countBy("status")).toEqual({ active: 29, suspended: 1 });
  });

  test("overdue() lists the states that have lasted longer than their sla", async () => {
    const { client, clock } = await loans(connect);
    clock.jump(3_600_000 + 500);
    expect(await listed(client.overdue())).toEqual([
      {
        ...{ key: "l1", state: "asked", since: expect.any(Number), sla: 3_600_000, definition: "loan:v1" },
        overdueMs: 500,
      },
    ]);
  });

  test("outcome() returns the outcome of an event with an id", async () => {
    const { client } = await loans(connect);
    await client.send("l1", "RAISE", { by: 5 }, { id: "e1", by: "ann" });
    await client.send("l1", "RAISE", { by: -5 }, { id: "e2" }).catch(() => undefined);
    expect(await client.outcome("l1", "e1")).toMatchObject({
      code: "OK",
      data: { by: 5 },
      by: "ann",
      rev: 2,
    });
    const [refused, none] = await client.outcomes("l1", ["e2", "e3"]);
    expect(refused).toMatchObject({
      code: "GUARD",
      details: expect.stringContaining("event.by > 0 is false"),
    });
    expect(none).toBeNull();
  });

  test("patch(), undo() and undoPlan() correct a machine, and check its revision", async () => {
    const { client } = await loans(connect);
    expect(await client.patch("l1", { sum: 20 }, { by: "ann", ifRev: 1 })).toBe(2);
    await expect(client.patch("l1", { sum: 30 }, { ifRev: 1 })).rejects.toMatchObject({ code: "UNMET" });
    expect(await client.undoPlan("l1")).toMatchObject({
      ...{ rev: 2, undone: 1, states: ["asked"], status: "active", context: LOAN.context, stays: [] },
      timers: [{ id: expect.any(String), event: expect.any(String), due: expect.any(Number) }],
    });
    expect(await client.undo("l1", { reason: "a slip" })).toBe(3);
    await expect(client.undo("l1", { ifRev: 1 })).rejects.toMatchObject({ code: "UNMET" });
    expect(await client.context("l1")).toEqual(LOAN.context);
  });

  test("suspend(), resume(), mutate() and reset() say whether they have changed anything", async () => {
    const { client } = await loans(connect);
    expect([await client.suspend("l1"), await client.suspend("l1")]).toEqual([true, false]);
    expect([await client.resume("l1"), await client.resume("l1")]).toEqual([true, false]);
    expect(await client.retry("l1")).toBe(false);
    expect(await client.mutate("l1", "agreed", { isForced: true, reason: "by hand" })).toBe(true);
    expect(await client.reset("l1")).toBe(true);
    expect(await client.reset("none")).toBe(false);
    expect(await client.state("l1")).toEqual(["asked"]);
    expect(await client.verify("l1")).toEqual([]);
  });

  test("wait() resolves when the machine reaches the state, and to null at the timeout", async () => {
    const { client, connection, clock } = await loans(connect);
    const waiting = client.wait("l1", { state: "agreed" }, 0);
    await client.send("l1", "BANK");
    await client.send("l1", "CLIENT");
    expect(await waiting).toEqual(["agreed"]);
    expect(await client.wait("l1", { rev: 2 }, 0)).toEqual(["agreed"]);
    const late = client.wait("l1", { status: "done" }, 1000);
    await until(async () => String(await connection.call("INFO", "clients")).includes("blocked_clients:1"));
    clock.jump(1000);
    await connection.call("PING");
    expect(await late).toBeNull();
  });

  test("migrate(), replay() and migrations use another definition", async () => {
    const { client, clock } = await loans(connect);
    await client.send("l1", "WAIT");
    const second = { ...LOAN, states: { ...LOAN.states, asked: { on: { WAIT: "lapsed" } } } };
    await client.define("loan:v2", second);
    const replayed = await client.replay("l1", { definition: "loan:v2" });
    expect(replayed.at(-1)).toMatchObject({ event: "WAIT", isEqual: false, difference: "states" });
    const plan = await client.migrations.plan("loan:v1", "loan:v2");
    expect(plan).toMatchObject({
      machines: 1,
      strays: [],
      dropped: { events: 0, histories: 0 },
      reopened: 0,
    });
    expect(plan.states).toEqual([{ states: ["asked"], to: ["asked"], count: 1 }]);
    const id = await client.migrations.start(plan.id, { rate: 1000 });
    await until(async () => {
      clock.jump(10);
      return (await client.migrations.status(id)).status === "DONE";
    });
    expect(await client.migrations.status(id)).toMatchObject({ moved: 1, held: 0, out: { tasks: 0 } });
    expect((await client.migrations.list()).map(({ status }) => status)).toContain("DONE");
    expect([await client.migrations.pause(id), await client.migrations.resume(id)]).toEqual([false, false]);
    expect(await client.migrations.undoPlan(id)).toMatchObject({ id, machines: 1 });
    expect(await client.get("l1")).toMatchObject({ definition: "loan:v2", states: ["asked"] });
    await client.create("l2", "loan:v1");
    expect(await client.migrate("l2", "loan:v2")).toBe(2);
    const whatIf = await client.migrations.whatIf("loan:v2", "loan:v1");
    expect(whatIf).toMatchObject({ from: "loan:v2", to: "loan:v1" });
  });

  test("definitions are checked, listed, drawn, translated and deleted", async () => {
    const { client } = await loans(connect);
    expect(await client.check({ initial: "nowhere", states: { a: {} } })).toEqual([
      { severity: "error", path: "$.initial", message: expect.any(String) },
    ]);
    expect(await client.definition("loan")).toEqual(LOAN);
    expect(await client.definition("none")).toBeNull();
    expect(await client.graph("loan", "dot")).toContain("digraph");
    expect(await client.graph("none")).toBeNull();
    const text = "stateDiagram-v2\n  [*] --> off\n  off --> on: ON";
    expect(await client.importDefinition("lamp", "mermaid", text)).toBe("lamp:v1");
    expect(await client.checkImport("lamp2", "mermaid", text)).toMatchObject({
      document: { states: { off: {} } },
      findings: expect.any(Array),
    });
    expect(await client.definitions()).toEqual(["loan:v1", "lamp:v1"]);
    expect(await client.deleteDefinition("lamp:v1")).toBe(true);
    await expect(client.deleteDefinition("loan:v1")).rejects.toMatchObject({ code: "DEFINUSE" });
  });

  test("maps creates, reads and moves map machines", async () => {
    const { connection } = await loans(connect);
    const client = createClient(connection);
    expect(await client.maps.template()).toMatchObject({ current: "", map: {}, initial: "" });
    await client.maps.set("m1", { current: "", map: { off: ["on"], on: ["off"] }, initial: "off" }, "off");
    expect(await client.mutate("m1", "on", { reason: "dusk" })).toBe(true);
    expect(await client.mutate("m1", "on")).toBe(false);
    expect(await client.maps.reason("m1")).toBe("dusk");
    expect(await client.maps.states("m1")).toEqual(["off", "on"]);
    expect(await client.maps.get("m1")).toMatchObject({ current: "on", reason: "dusk" });
    await client.maps.create("m2");
    expect(await client.maps.get("none")).toBeNull();
  });
});
