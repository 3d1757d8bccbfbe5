/** SM.UNDO: a machine as it was before a change, for each kind of change there is. */
import { expect, onTestFinished, test } from "vitest";
import type { TestClient } from "../../support/client.ts";
import { define, fields, rows } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

async function setUp() {
  const clock = new VirtualClock();
  const server = await startTestServer({ clock });
  onTestFinished(() => server.close());
  return { clock, client: await server.client() };
}

type Shown = Readonly<Record<string, unknown>> & { readonly pending: ReturnType<typeof rows> };

/** All that SM.INFO shows of a machine but revision and times, its timers with their due times, and what else waits. */
async function shown(client: TestClient, key: string): Promise<Shown> {
  const { rev: _rev, updated: _updated, context, ...rest } = fields(await client.call("SM.INFO", key));
  const pending = rows(await client.call("SM.PENDING", key));
  return { ...rest, context: context === undefined ? null : JSON.parse(String(context)), pending };
}

const ORDER = {
  initial: "new",
  context: { paid: 0, note: null, tags: ["a"], "odd.name": 1 },
  invariants: [{ name: "positive", expr: "context.paid >= 0" }],
  states: {
    new: {
      after: { "1h": "expired" },
      on: {
        PAY: {
          target: "paid",
          actions: [
            { assign: { paid: "event.amount", "lines[0].qty": "2" } },
            { unset: "note" },
            { unset: "['odd.name']" },
          ],
        },
        STAY: { actions: [{ assign: { note: "null", "tags[1]": "'b'" } }] },
        HOLD: { actions: [{ suspend: "'waiting for papers'" }] },
        BREAK: { actions: [{ raise: { event: "BROKEN", delay: 1000 } }] },
        BROKEN: { actions: [{ assign: { paid: "context.nothing" } }] },
        MORE: { actions: [{ send: { to: "'other'", event: "HELLO", eventId: "h1" } }] },
        END: "gone",
        POKE: { actions: [{ raise: { event: "POKED", delay: 0 } }] },
        POKED: { actions: [{ assign: { poked: "true" } }] },
        NEST: "outer",
      },
      entry: [{ raise: { event: "REMIND", delay: 600_000, id: "remind" } }],
      exit: [{ cancel: "remind" }],
    },
    paid: {
      sla: "2h",
      entry: [{ task: "ship", input: { key: "key" } }, { emit: { event: "PAID" } }],
      on: { BACK: "outer.hist", SHIP: "shipped" },
    },
    outer: {
      initial: "a",
      states: { a: { on: { NEXT: "b" } }, b: {}, hist: { type: "history" } },
      on: { LEAVE: "paid" },
    },
    expired: {},
    shipped: { type: "final", output: { total: "context.paid" } },
    gone: { type: "final" },
  },
};

type Change = (client: TestClient, clock: VirtualClock) => Promise<unknown>;

/** What is done before, and the change that is undone: of each kind of history. */
const CHANGES: Readonly<Record<string, readonly Change[]>> = {
  "event that moves": [(client) => client.call("SM.SEND", "o", "PAY", '{"amount":5}')],
  "event that stays": [(client) => client.call("SM.SEND", "o", "STAY", "REASON", "because")],
  "event that ends": [
    (client) => client.call("SM.SEND", "o", "PAY", '{"amount":5}', "REASON", "paid"),
    (client) => client.call("SM.SEND", "o", "SHIP"),
  ],
  "event that suspends": [(client) => client.call("SM.SEND", "o", "HOLD", "REASON", "mine")],
  "event that sends": [(client) => client.call("SM.SEND", "o", "MORE")],
  raise: [(client) => client.call("SM.SEND", "o", "POKE")],
  suspend: [(client) => client.call("SM.SUSPEND", "o", "why")],
  resume: [(client) => client.call("SM.SUSPEND", "o", "why"), (client) => client.call("SM.RESUME", "o")],
  mutate: [(client) => client.call("SM.MUTATE", "o", "gone", "told")],
  force: [(client) => client.call("SM.MUTATE", "o", "paid", "told", "FORCE")],
  reset: [
    (client) => client.call("SM.SEND", "o", "PAY", '{"amount":5}'),
    (client) => client.call("SM.RESET", "o"),
  ],
  patch: [
    (client) => client.call("SM.PATCH", "o", '{"paid":3,"note":null,"tags":null,"deep":{"a":{"b":1}}}'),
  ],
  "history state": [
    (client) => client.call("SM.SEND", "o", "NEST"),
    (client) => client.call("SM.SEND", "o", "NEXT"),
    (client) => client.call("SM.SEND", "o", "LEAVE"),
    (client) => client.call("SM.SEND", "o", "BACK"),
  ],
  "sla that is over": [
    (client) => client.call("SM.SEND", "o", "PAY", '{"amount":5}'),
    async (client, clock) => {
      clock.advance(3 * 3_600_000);
      await client.call("PING");
    },
    (client) => client.call("SM.SEND", "o", "SHIP"),
  ],
  failed: [
    (client) => client.call("SM.SEND", "o", "BREAK"),
    async (client, clock) => {
      clock.advance(1000);
      await client.call("PING");
    },
  ],
  "retry that no longer fails": [
    (client) => client.call("SM.SEND", "o", "BREAK"),
    async (client, clock) => {
      clock.advance(1000);
      await client.call("PING");
    },
    (client) => client.call("SM.PATCH", "o", '{"nothing":7}'),
    (client) => client.call("SM.RETRY", "o"),
  ],
  "leaving what has failed": [
    (client) => client.call("SM.SEND", "o", "BREAK"),
    async (client, clock) => {
      clock.advance(1000);
      await client.call("PING");
    },
    (client) => client.call("SM.SEND", "o", "END"),
  ],
  undo: [
    (client) => client.call("SM.SEND", "o", "PAY", '{"amount":5}', "REASON", "paid"),
    (client) => client.call("SM.UNDO", "o", "REASON", "wrong"),
  ],
};

test.each(Object.keys(CHANGES))(
  "SM.UNDO restores the machine as it was before a change: %s",
  async (name) => {
    const { client, clock } = await setUp();
    await define(client, "order", ORDER);
    await client.call("SM.CREATE", "o", "order", "CONTEXT", '{"more":[{"qty":1}],"lines":[{"qty":1}]}');
    await client.call("SM.CREATE", "other");
    const changes = CHANGES[name] ?? [];
    for (const change of changes.slice(0, -1)) await change(client, clock);
    const before = await shown(client, "o");
    const rev = Number(fields(await client.call("SM.INFO", "o"))["rev"]);
    await changes.at(-1)?.(client, clock);
    const after = await shown(client, "o");
    const now = Number(fields(await client.call("SM.INFO", "o"))["rev"]);
    expect(now).toBeGreaterThan(rev);
    const plan = fields(await client.call("SM.UNDO", "o", "REV", rev + 1, "PLAN"));
    expect(plan).toMatchObject({ state: before["state"], status: before["status"], undone: now - rev });
    expect(await shown(client, "o")).toEqual(after);
    expect(await client.call("SM.UNDO", "o", "REV", rev + 1)).toBe(now + 1);
    const undone = await shown(client, "o");
    // The timer that has fired is not armed again, and what it failed at is over.
    if (name === "failed") expect({ ...undone, timers: 3, pending: [] }).toEqual({ ...before, pending: [] });
    else expect(undone).toEqual(before);
    expect(await client.call("SM.VERIFY")).toEqual([]);
    // And the undo can be taken back itself.
    expect(await client.call("SM.UNDO", "o")).toBe(now + 2);
    const { pending: _a, ...again } = await shown(client, "o");
    const { pending: _b, ...then } = after;
    expect(again).toEqual(then);
    expect(await client.call("SM.VERIFY")).toEqual([]);
  },
);

test("SM.UNDO takes back several changes, and restores the due times of timers", async () => {
  const { client, clock } = await setUp();
  await define(client, "order", ORDER);
  await client.call("SM.CREATE", "o", "order");
  const before = await shown(client, "o");
  clock.advance(600_000 - 1);
  await client.call("SM.SEND", "o", "PAY", '{"amount":1}');
  clock.advance(10);
  await client.call("SM.SEND", "o", "SHIP");
  expect(await client.call("SM.UNDO", "o", "REV", 2, "IFREV", 2)).toBe(null);
  expect(await client.call("SM.UNDO", "o", "REV", 2, "IFREV", 3)).toBe(4);
  const [remind, expired] = before.pending;
  // REMIND was due meanwhile: it fires at once, and nothing takes it.
  expect(await shown(client, "o")).toEqual({ ...before, timers: 1, pending: [expired] });
  expect(remind).toMatchObject({ event: "REMIND" });
  expect(rows(await client.call("SM.HISTORY", "o", "4", "4"))).toMatchObject([
    { kind: "undo", from: ["shipped"], to: ["new"], data: '{"rev":2}' },
  ]);
  clock.advance(3_600_000 - 600_000 - 10);
  expect(await client.call("SM.STATE", "o")).toEqual(["new"]);
  clock.advance(1);
  expect(await client.call("SM.STATE", "o")).toEqual(["expired"]);
  expect(await client.call("SM.VERIFY")).toEqual([]);
});

test("SM.UNDO does not arm a timer again whose firing it takes back", async () => {
  const { client, clock } = await setUp();
  await define(client, "order", ORDER);
  await client.call("SM.CREATE", "o", "order");
  clock.advance(3_600_000);
  expect(await client.call("SM.STATE", "o")).toEqual(["expired"]);
  expect(await client.call("SM.UNDO", "o")).toBe(3);
  clock.advance(7_200_000);
  expect(await client.call("SM.STATE", "o")).toEqual(["new"]);
  expect(await client.call("SM.PENDING", "o")).toEqual([]);
});

test("SM.UNDO PLAN lists effects that have left the machine, and tasks that are done", async () => {
  const { client } = await setUp();
  await define(client, "order", ORDER);
  await client.call("SM.CREATE", "other");
  await client.call("SM.CREATE", "o", "order");
  await client.call("SM.SEND", "o", "MORE");
  await client.call("SM.SEND", "o", "PAY", '{"amount":1}');
  const plan = fields(await client.call("SM.UNDO", "o", "REV", 2, "PLAN"));
  expect(rows(plan["stays"] ?? null)).toEqual([
    { rev: 2, kind: "send", name: "HELLO", to: "other", id: "h1", done: null },
    { rev: 3, kind: "task", name: "ship", to: null, id: "o@3#1", done: 0 },
    { rev: 3, kind: "emit", name: "PAID", to: null, id: null, done: null },
  ]);
  await client.call("SM.SEND", "o", "SHIP", "ID", "o@3#1");
  const later = rows(fields(await client.call("SM.UNDO", "o", "REV", 3, "PLAN"))["stays"] ?? null);
  expect(later[0]).toMatchObject({ id: "o@3#1", done: 1 });
});

test("SM.UNDO leaves event ids, SEQ and children as they are", async () => {
  const { client } = await setUp();
  await define(client, "kid", { initial: "on", states: { on: {} } });
  await define(client, "parent", {
    initial: "idle",
    states: {
      idle: { on: { GO: "busy" } },
      busy: { invoke: [{ src: "kid:v1", id: "kid" }], on: { BACK: "idle" } },
    },
  });
  await client.call("SM.CREATE", "{p}", "parent");
  const reply = await client.call("SM.SEND", "{p}", "GO", "ID", "e1", "SEQ", "s", 7);
  expect(await client.call("SM.UNDO", "{p}")).toBe(3);
  expect(await client.call("SM.STATE", "{p}")).toEqual(["idle"]);
  expect(await client.call("SM.SEND", "{p}", "GO", "ID", "e1", "SEQ", "s", 7)).toEqual(reply);
  expect(await client.call("SM.STATE", "{p}")).toEqual(["idle"]);
  expect(await client.call("SM.SEND", "{p}", "GO", "SEQ", "s", 7)).toEqual(
    new ReplyFailure(expect.stringMatching(/^STALE /)),
  );
  expect(await client.call("SM.STATE", "{p}.kid")).toEqual(["on"]);
  expect(await client.call("SM.VERIFY")).toEqual([]);
});

/** A parent whose state `busy` has a child. */
async function withChild(client: TestClient, ...events: readonly string[]) {
  await define(client, "kid", {
    initial: "on",
    states: { on: { after: { "1h": "over" } }, over: { type: "final" } },
  });
  await define(client, "parent", {
    initial: "idle",
    states: {
      idle: { on: { GO: "busy" } },
      busy: { invoke: [{ src: "kid:v1", id: "kid", onDone: "idle" }], on: { BACK: "idle" } },
    },
  });
  await client.call("SM.CREATE", "{p}", "parent");
  for (const event of events) await client.call("SM.SEND", "{p}", event);
  return async () => rows(fields(await client.call("SM.INFO", "{p}"))["children"] ?? null)[0];
}

test("SM.UNDO leaves a child that the change has stopped as it is, and SM.UNDO of the child restores it", async () => {
  const { client, clock } = await setUp();
  const child = await withChild(client, "GO", "BACK");
  const plan = fields(await client.call("SM.UNDO", "{p}", "PLAN"));
  expect(rows(plan["stays"] ?? null)).toMatchObject([{ rev: 3, kind: "stop", to: "kid" }]);
  await client.call("SM.UNDO", "{p}");
  expect(await client.call("SM.STATE", "{p}")).toEqual(["busy"]);
  expect(await child()).toMatchObject({ status: "stopped" });
  // With its timer, and with the end that the parent waits for.
  await client.call("SM.UNDO", "{p}.kid");
  expect(await child()).toMatchObject({ status: "active", state: ["on"] });
  clock.advance(3_600_000);
  await client.call("PING");
  expect(await client.call("SM.STATE", "{p}")).toEqual(["idle"]);
  expect(await client.call("SM.VERIFY")).toEqual([]);
});

test("SM.UNDO leaves a child that the change has started; its state is entered again when the child is gone", async () => {
  const { client } = await setUp();
  const child = await withChild(client, "GO");
  await client.call("SM.UNDO", "{p}");
  expect(await child()).toMatchObject({ status: "active" });
  expect(await client.call("SM.SEND", "{p}", "GO")).toEqual(
    new ReplyFailure("EXECFAIL BUSYKEY the machine has a child 'kid' that has not ended"),
  );
  expect(await client.call("DEL", "{p}.kid")).toBe(1);
  expect(await client.call("SM.SEND", "{p}", "GO")).toEqual(["busy"]);
  expect(await child()).toMatchObject({ status: "active" });
  expect(await client.call("SM.VERIFY")).toEqual([]);
});

test("SM.UNDO makes a completed child active again, and updates the parent", async () => {
  const { client } = await setUp();
  await define(client, "kid", {
    initial: "on",
    states: { on: { on: { END: "over" } }, over: { type: "final" } },
  });
  await define(client, "parent", {
    initial: "busy",
    states: { busy: { invoke: [{ src: "kid:v1", id: "kid", onDone: "idle" }] }, idle: {} },
  });
  await client.call("SM.CREATE", "{p}", "parent");
  await client.call("SM.SEND", "{p}.kid", "END");
  expect(await client.call("SM.STATE", "{p}")).toEqual(["idle"]);
  await client.call("SM.UNDO", "{p}.kid");
  const [child] = rows(fields(await client.call("SM.INFO", "{p}"))["children"] ?? null);
  expect(child).toMatchObject({ status: "active", state: ["on"] });
  expect(await client.call("SM.VERIFY")).toEqual([]);
});

test("SM.UNDO restores the events that a join has used, and removes those that the change has kept", async () => {
  const { client } = await setUp();
  await define(client, "both", {
    initial: "waiting",
    states: {
      waiting: { join: { all: { a: "PAID", b: "PACKED" }, target: "ready" } },
      ready: {},
    },
  });
  await client.call("SM.CREATE", "m", "both");
  await client.call("SM.SEND", "m", "PAID", "ID", "p1");
  const kept = await shown(client, "m");
  await client.call("SM.SEND", "m", "PACKED", "ID", "p2");
  expect(await client.call("SM.STATE", "m")).toEqual(["ready"]);
  await client.call("SM.UNDO", "m");
  expect(await shown(client, "m")).toEqual(kept);
  await client.call("SM.UNDO", "m", "REV", 2);
  expect(await client.call("SM.PENDING", "m")).toEqual([]);
  expect(rows(await client.call("SM.OUTCOME", "m", "p1"))[0]).toMatchObject({ code: "CANCELLED" });
  expect(await client.call("SM.VERIFY")).toEqual([]);
});

test("SM.UNDO applies deferred events that the restored state accepts", async () => {
  const { client } = await setUp();
  await define(client, "waiter", {
    initial: "idle",
    states: {
      idle: { on: { GO: "busy", WORK: "working" } },
      busy: { defer: ["WORK"] },
      working: {},
    },
  });
  await client.call("SM.CREATE", "w", "waiter");
  await client.call("SM.SEND", "w", "GO");
  await client.call("SM.SEND", "w", "WORK", "ID", "e");
  expect(await client.call("SM.UNDO", "w")).toBe(4);
  expect(await client.call("SM.STATE", "w")).toEqual(["working"]);
  expect(rows(await client.call("SM.OUTCOME", "w", "e"))[0]).toMatchObject({ code: "OK", rev: 4 });
});

test("SM.UNDO refuses what it cannot take back, and says why", async () => {
  const { client } = await setUp();
  await define(client, "order", ORDER);
  const refusal = async (...args: readonly (string | number)[]) => {
    const reply = await client.call("SM.UNDO", ...args);
    return reply instanceof ReplyFailure ? reply.message : reply;
  };
  expect(await refusal("nobody")).toBe("NOMACHINE there is no machine at 'nobody'");
  await client.call("SM.CREATE", "o", "order");
  expect(await refusal("o")).toBe("NOUNDO rev 1 has made the machine; DEL removes it");
  expect(await refusal("o", "REV", 2)).toBe("NOUNDO the machine has the revs 1 to 1");
  const past = '[{"at":1,"to":"new"},{"at":2,"to":"paid"}]';
  await client.call("SM.CREATE", "i", "order", "HISTORY", past);
  await client.call("SM.SEND", "i", "SHIP");
  expect(await refusal("i", "REV", 3)).toMatch(/^NOUNDO rev 3 has made the machine/);
  expect(await refusal("i")).toBe(5);
  await client.call("CONFIG", "SET", "sm-history-max", "2");
  for (let i = 0; i < 5; i += 1) await client.call("SM.SEND", "o", "STAY");
  expect(await refusal("o", "REV", 4)).toBe("NOUNDO history no longer has the change of rev 4");
  expect(await refusal("o", "REV", 5)).toBe(7);
  await client.call("SET", "s", "x");
  expect(await refusal("s")).toMatch(/^WRONGTYPE/);
  await client.call("CONFIG", "SET", "sm-history-max", "0");
  await define(client, "order:v2", { ...ORDER, constants: { version: 2 } });
  await client.call("SM.CREATE", "old", "order:v1");
  await client.call("SM.MIGRATE", "old", "order:v2");
  await client.call("SM.SEND", "old", "STAY");
  expect(await refusal("old", "REV", 2)).toBe("NOUNDO rev 2 is a migration to another definition");
  expect(await refusal("old")).toBe(4);
});

test("SM.UNDO works on map machines", async () => {
  const { client } = await setUp();
  await client.call("SM.SET", "m", '{"current":"a","map":{"a":["b"],"b":["a"]},"initial":"a"}');
  await client.call("SM.MUTATE", "m", "b", "why");
  await client.call("SM.MUTATE", "m", "a", "because");
  expect(await client.call("SM.UNDO", "m")).toBe(4);
  expect(fields(await client.call("SM.INFO", "m"))).toMatchObject({ state: ["b"], reason: "why" });
  expect(await client.call("SM.UNDO", "m", "REV", 2, "REASON", "all of it")).toBe(5);
  expect(fields(await client.call("SM.INFO", "m"))).toMatchObject({ state: ["a"], reason: "all of it" });
  expect(await client.call("SM.VERIFY")).toEqual([]);
});
