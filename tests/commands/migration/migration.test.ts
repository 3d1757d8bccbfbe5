/** SM.MIGRATION: many machines go to another definition, planned and in the background. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { define, fields, rows } from "../../support/machines.ts";
import type { Decoded } from "../../support/resp-decoder.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { servedTests } from "../../support/served-tests.ts";

const on = servedTests();
const { call } = on;

const V1 = {
  initial: "new",
  context: { total: 0 },
  states: {
    new: { on: { PAY: { target: "paid", actions: [{ assign: { total: "event.amount" } }] } } },
    paid: { on: { SHIP: "shipped", REFUND: "new" }, after: { "72h": "late" } },
    late: { on: { SHIP: "shipped" } },
    shipped: { type: "final" },
  },
};
const V2 = {
  ...V1,
  states: {
    new: { on: { PAY: { target: "billed", actions: [{ assign: { total: "event.amount" } }] } } },
    billed: { on: { SHIP: "shipped", REFUND: "new" }, after: { "72h": "late" } },
    review: { on: { OK: "billed" } },
    late: { on: { SHIP: "shipped" } },
    shipped: { type: "final" },
  },
};
const RENAMED = '{"states":{"paid":"billed"}}';

const info = async (key: string) => fields(await call("SM.INFO", key));
const refused = (reply: Decoded) => (reply instanceof ReplyFailure ? reply.message : reply);
const status = async (id: Decoded) => fields(await call("SM.MIGRATION", "STATUS", String(id)));
const pass = async (ms: number) => {
  on.clock.advance(ms);
  await call("PING");
};
const untilEnded = async (id: Decoded) => {
  for (let turn = 0; turn < 1000; turn += 1) {
    const now = await status(id);
    if (now["status"] === "DONE" || now["status"] === "UNDONE") return now;
    await pass(1000);
  }
  throw new Error("the migration does not end");
};
const plan = async (...args: readonly string[]) => fields(await call("SM.MIGRATION", "PLAN", ...args));

beforeEach(async () => {
  await define(on.client, "order:v1", V1);
  await define(on.client, "order:v2", V2);
  for (let n = 0; n < 6; n += 1) {
    await call("SM.CREATE", `o:${n}`, "order:v1");
    if (n % 2 === 1) await call("SM.SEND", `o:${n}`, "PAY", `{"amount":${n * 100}}`, "ID", `p${n}`);
  }
});
afterEach(async () => {
  expect(await call("SM.VERIFY")).toEqual([]);
});

describe("SM.MIGRATION PLAN", () => {
  test("plan() counts where machines go and which do not fit, proposes renames, and changes nothing", async () => {
    const reply = await plan("order", "order:v2");
    expect(reply["machines"]).toBe(6);
    expect(rows(reply["states"] ?? [])).toEqual([{ state: ["new"], to: ["new"], count: 3 }]);
    expect(rows(reply["strays"] ?? [])).toEqual([
      {
        state: ["paid"],
        cause: "state",
        message: "the state 'paid' is gone and the map does not name it",
        count: 3,
      },
    ]);
    expect(rows(reply["examples"] ?? [])[0]).toEqual({ key: "o:1", state: ["paid"], to: null });
    expect(rows(reply["proposed"] ?? [])).toEqual([
      { state: "paid", to: "billed", because: "it reacts to the same events" },
    ]);
    expect(await call("SM.COUNT", "DEF", "order:v2")).toBe(0);
    expect(await plan("order", "order:v2", "CHECK")).toEqual({ ...reply, id: null });
    expect(rows(await call("SM.MIGRATION", "LIST"))).toMatchObject([
      { id: reply["id"], from: "order", to: "order:v2", status: "PLANNED" },
    ]);
  });

  test("plan() follows a map with conditions over context and history, and makes new fields", async () => {
    const map = {
      states: {
        paid: [
          { when: "context.total > 400", to: "review" },
          { when: "history.exists(h, h.id == 'p1')", to: "late" },
          { to: "billed" },
        ],
      },
      context: { big: "context.total > 200", "tags.of": "'x'" },
    };
    const reply = await plan("order:v1", "order:v2", "MAP", JSON.stringify(map));
    const states = rows(reply["states"] ?? []).map(({ to, count }) => `${to} ${count}`);
    expect(states.sort()).toEqual(["billed 1", "late 1", "new 3", "review 1"]);
    const id = await call("SM.MIGRATION", "START", String(reply["id"]));
    expect(await untilEnded(id)).toMatchObject({
      status: "DONE",
      moved: 6,
      held: 0,
      left: 0,
      plan: reply["id"],
    });
    expect(JSON.parse(String(await call("SM.CONTEXT", "o:5")))).toEqual({
      total: 500,
      big: true,
      tags: { of: "x" },
    });
  });

  test.each([
    [["order:v1", "order:v9"], /^NODEF/],
    [["order:v9", "order:v2"], /^NODEF/],
    [["nothing", "order:v2"], /^NODEF/],
    [["order:v2", "order:v2"], /^ERR the machines of order:v2 are there already/],
    [["order", "order:v2", "MAP", "{"], /^ERR MAP is/],
    [["order", "order:v2", "MAP", '{"states":{"payd":"new"}}'], /no state 'payd'; did you mean 'paid'/],
    [["order", "order:v2", "MAP", '{"states":{"paid":"biled"}}'], /no state 'biled'; did you mean 'billed'/],
    [
      ["order", "order:v2", "MAP", '{"states":{"paid":[{"when":"contxt.a","to":"new"}]}}'],
      /invalid map at .*contxt/,
    ],
    [["order", "order:v2", "MAP", '{"staets":{}}'], /a map has "states" and "context"/],
  ])("plan() refuses %j", async (args, why) => {
    expect(refused(await call("SM.MIGRATION", "PLAN", ...args))).toMatch(why);
    expect(await call("SM.MIGRATION", "LIST")).toEqual([]);
  });

  test("plan() counts a machine as stray when an invariant, a guard or a dead end would stop it", async () => {
    await define(on.client, "order:v3", {
      ...V1,
      states: {
        ...V1.states,
        new: {},
        paid: { on: { SHIP: { target: "shipped", guard: "context.weight > 1" } } },
      },
    });
    const reply = await plan("order:v1", "order:v3");
    const strays = rows(reply["strays"] ?? []).map(({ cause, message }) => `${cause}: ${message}`);
    expect(strays).toHaveLength(2);
    expect(strays.find((line) => line.startsWith("stuck"))).toBe("stuck: nothing leads on from 'new'");
    expect(strays.find((line) => line.startsWith("context"))).toMatch(/context.weight > 1/);
  });

  test("plan() chains the maps that are kept: v1 to v2 to v3", async () => {
    await plan("order:v1", "order:v2", "MAP", RENAMED);
    await define(on.client, "order:v3", {
      ...V2,
      states: {
        new: { on: { PAY: "settled" } },
        settled: V2.states.billed,
        late: V2.states.late,
        shipped: V2.states.shipped,
      },
    });
    await plan("order:v2", "order:v3", "MAP", '{"states":{"billed":"settled"}}');
    const reply = await plan("order:v1", "order:v3");
    expect(rows(reply["strays"] ?? [])).toEqual([]);
    expect(rows(reply["states"] ?? [])).toContainEqual({ state: ["paid"], to: ["settled"], count: 3 });
  });

  test("plan() selects map machines by a pattern of their keys", async () => {
    for (const key of ["m:1", "m:2", "other"])
      await call("SM.SET", key, '{"current":"new","map":{"new":["paid"],"paid":[]},"initial":"new"}');
    const reply = await plan("m:*", "order:v1");
    expect(reply["machines"]).toBe(2);
    const id = await call("SM.MIGRATION", "START", "m:*", "order:v1");
    expect(await untilEnded(id)).toMatchObject({ moved: 2, from: "m:*" });
    expect(await info("m:2")).toMatchObject({ definition: "order:v1", state: ["new"] });
    expect(await info("other")).toMatchObject({ definition: null });
  });
});

describe("SM.MIGRATION START", () => {
  test("start() refuses to strand a machine, and moves nothing", async () => {
    expect(refused(await call("SM.MIGRATION", "START", "order", "order:v2"))).toBe(
      "STRANDED 3 machines do not fit: the state 'paid' is gone and the map does not name it (o:1); HOLD moves the others",
    );
    expect(await call("SM.COUNT", "DEF", "order:v2")).toBe(0);
  });

  test("start() with HOLD moves what fits and lists the rest", async () => {
    const id = await call("SM.MIGRATION", "START", "order", "order:v2", "HOLD");
    const ended = await untilEnded(id);
    expect(ended).toMatchObject({ status: "DONE", moved: 3, held: 3 });
    expect(rows(ended["examples"] ?? [])[0]).toEqual({
      key: "o:1",
      message:
        "NOSTATE the state 'paid' is gone and the map does not name it; STATE says where the machine goes".split(
          ";",
        )[0],
    });
  });

  test("start() moves machines that are created while it runs, keeps to RATE, and can be paused", async () => {
    const id = await call("SM.MIGRATION", "START", "order", "order:v2", "MAP", RENAMED, "RATE", "2");
    await pass(0);
    expect(await status(id)).toMatchObject({ status: "RUNNING", moved: 2, left: 4, rate: 2 });
    expect(await call("SM.MIGRATION", "PAUSE", String(id))).toBe(1);
    expect(await call("SM.MIGRATION", "PAUSE", String(id))).toBe(0);
    await pass(10_000);
    expect(await status(id)).toMatchObject({ status: "PAUSED", moved: 2 });
    await call("SM.CREATE", "late", "order:v1");
    expect(refused(await call("SM.DEF", "DEL", "order:v1"))).toMatch(/^DEFINUSE/);
    expect(await call("SM.MIGRATION", "RESUME", String(id))).toBe(1);
    expect(await untilEnded(id)).toMatchObject({ status: "DONE", moved: 7 });
    expect(await call("SM.COUNT", "DEF", "order:v1")).toBe(0);
    expect(await info("late")).toMatchObject({ definition: "order:v2" });
    // What was acknowledged before is acknowledged in the same way.
    expect(await call("SM.SEND", "o:1", "PAY", '{"amount":100}', "ID", "p1")).toEqual(["paid"]);
    expect(await call("SM.STATE", "o:1")).toEqual(["billed"]);
    expect(await call("SM.DEF", "DEL", "order:v1")).toBe(1);
  });

  test("start() refuses a second migration of the same machines, and an unknown id", async () => {
    const id = await call("SM.MIGRATION", "START", "order", "order:v2", "MAP", RENAMED);
    expect(refused(await call("SM.MIGRATION", "START", "order:v1", "order:v2", "HOLD"))).toBe(
      `ERR migration ${id} of order to order:v2 is under way with the same machines`,
    );
    expect(refused(await call("SM.MIGRATION", "START", "99"))).toBe("ERR there is no plan 99");
    expect(refused(await call("SM.MIGRATION", "STATUS", "99"))).toBe("ERR there is no migration 99");
    await untilEnded(id);
  });

  test("start() examines many machines in steps, and within MULTI at once", async () => {
    for (let n = 0; n < 200; n += 1) await call("SM.CREATE", `many:${n}`, "order:v1");
    expect((await plan("order", "order:v2", "MAP", RENAMED))["machines"]).toBe(206);
    await call("MULTI");
    await call("SM.MIGRATION", "PLAN", "order", "order:v2");
    const [reply] = (await call("EXEC")) as Decoded[];
    expect(fields(reply ?? null)["machines"]).toBe(206);
    const id = await call("SM.MIGRATION", "START", "order", "order:v2", "MAP", RENAMED);
    expect(await untilEnded(id)).toMatchObject({ moved: 206 });
  });

  test("FLUSHDB removes a migration completely", async () => {
    const id = await call("SM.MIGRATION", "START", "order", "order:v2", "MAP", RENAMED, "RATE", "1");
    await pass(0);
    await call("FLUSHDB");
    await pass(5000);
    expect(refused(await call("SM.MIGRATION", "STATUS", String(id)))).toMatch(/no migration/);
    expect(await call("SM.MIGRATION", "LIST")).toEqual([]);
  });
});

describe("SM.MIGRATION UNDO", () => {
  test("undo() reports effects that stay, and moves back machines that have not changed since", async () => {
    await define(on.client, "order:v3", {
      ...V2,
      states: {
        ...V2.states,
        billed: {
          ...V2.states.billed,
          always: { guard: "context.total == 500", target: "review", actions: [{ emit: { event: "BIG" } }] },
        },
      },
    });
    const before = await info("o:3");
    const dues = await call("SM.PENDING", "o:3");
    const id = await call("SM.MIGRATION", "START", "order", "order:v3", "MAP", RENAMED);
    await untilEnded(id);
    await call("SM.SEND", "o:1", "SHIP");
    await call("DEL", "o:0");
    expect(fields(await call("SM.MIGRATION", "UNDO", String(id), "CHECK"))["machines"]).toBe(6);
    expect((await status(id))["status"]).toBe("DONE");
    const undo = fields(await call("SM.MIGRATION", "UNDO", String(id)));
    expect(fields(undo["out"] ?? null)).toMatchObject({ emitted: 1, tasks: 0 });
    expect(await untilEnded(id)).toMatchObject({ status: "UNDONE", undone: 4, stayed: 2 });
    const after = await info("o:3");
    const { rev: _, updated: __, ...same } = before;
    expect(after).toMatchObject({ ...same, rev: 4 });
    expect(await call("SM.PENDING", "o:3")).toEqual(dues);
    expect(rows(await call("SM.HISTORY", "o:3", "-", "+")).map(({ kind }) => kind)).toEqual([
      "create",
      "event",
      "migrate",
      "migrate",
    ]);
    expect(await info("o:5")).toMatchObject({ definition: "order:v1", state: ["paid"] });
    expect(await info("o:1")).toMatchObject({ definition: "order:v3", state: ["shipped"] });
    expect(refused(await call("SM.MIGRATION", "UNDO", String(id)))).toMatch(/taken back already/);
  });

  test("undo() does not restore a timer that has fired since", async () => {
    const guarded = (extra: object) => ({
      initial: "a",
      context: { go: false },
      states: {
        a: { after: { "1h": { target: "b", guard: "context.go" }, ...extra }, on: { X: "b" } },
        b: {},
      },
    });
    await define(on.client, "g:v1", guarded({ "9h": "b" }));
    await define(on.client, "g:v2", guarded({}));
    await call("SM.CREATE", "m", "g:v1");
    const id = await call("SM.MIGRATION", "START", "g", "g:v2");
    await untilEnded(id);
    await pass(2 * 3_600_000);
    await call("SM.MIGRATION", "UNDO", String(id));
    await untilEnded(id);
    expect(rows(await call("SM.PENDING", "m")).map(({ event }) => event)).toHaveLength(1);
    await pass(8 * 3_600_000);
    await pass(0);
    expect(await call("SM.STATE", "m")).toEqual(["b"]);
  });

  test("undo() moves back the machines that have moved when the migration still runs", async () => {
    const id = await call("SM.MIGRATION", "START", "order", "order:v2", "MAP", RENAMED, "RATE", "2");
    await pass(0);
    await call("SM.MIGRATION", "UNDO", String(id));
    expect(await untilEnded(id)).toMatchObject({ status: "UNDONE", moved: 2, undone: 2 });
    expect(await call("SM.COUNT", "DEF", "order:v1")).toBe(6);
  });

  test("help() lists the subcommands", async () => {
    expect(String(await call("SM.MIGRATION", "HELP"))).toMatch(/PLAN/);
  });
});
