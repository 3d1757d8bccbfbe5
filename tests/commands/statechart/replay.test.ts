/** SM.REPLAY: the recorded events of a machine once more, under its own definition or another; nothing is written. */
import { afterEach, describe, expect, test } from "vitest";
import { define, fields, rows } from "../../support/machines.ts";
import type { ReplyFailure } from "../../support/resp-decoder.ts";
import { servedTests } from "../../support/served-tests.ts";

const ORDER = {
  initial: "new",
  context: { paid: 0, total: 10 },
  states: {
    new: {
      after: { "1h": "late" },
      on: { PAY: { target: "paid", guard: "event.sum > 0", actions: [{ assign: { paid: "event.sum" } }] } },
    },
    late: { on: { PAY: "paid" } },
    paid: { entry: [{ task: "pack" }, { emit: { event: "PAID" } }], on: { SHIP: "shipped", WAIT: {} } },
    shipped: { type: "final" },
  },
};
/** Has no WAIT, goes elsewhere when little is paid, and fails where SHIP finds no address. */
const OTHER = {
  initial: "new",
  context: { paid: 0 },
  states: {
    new: {
      after: { "30m": "late" },
      on: {
        PAY: [
          { guard: "event.sum < 5", target: "review" },
          { target: "paid", actions: [{ assign: { paid: "event.sum" } }] },
        ],
      },
    },
    late: { on: { PAY: "paid" } },
    review: { on: { SHIP: "shipped" } },
    paid: { on: { SHIP: { target: "shipped", actions: [{ assign: { to: "context.address.city" } }] } } },
    shipped: { type: "final" },
  },
};

const on = servedTests(async (client) => {
  await define(client, "order:v1", ORDER);
  await define(client, "order:v2", OTHER);
});
const { call } = on;
afterEach(async () => {
  expect(await call("SM.VERIFY")).toEqual([]);
});

const pass = async (ms: number) => {
  on.clock.advance(ms);
  await call("PING");
};
const replay = async (...more: readonly (string | number)[]) =>
  rows(await call("SM.REPLAY", "o", ...more)).map(({ rev, event, recorded, computed, equal, difference }) => [
    rev,
    event,
    String(recorded),
    String(computed),
    equal,
    difference,
  ]);

describe("SM.REPLAY", () => {
  test("computes what was recorded under the machine's own definition, for each kind of change", async () => {
    await call("SM.CREATE", "o", "order:v1");
    await pass(3_600_000);
    await call("SM.SEND", "o", "PAY");
    await call("SM.SEND", "o", "WAIT");
    await call("SM.PATCH", "o", '{"total":12}');
    await call("SM.UNDO", "o", "REV", 3);
    await call("SM.SUSPEND", "o");
    await call("SM.RESUME", "o");
    await call("SM.RESET", "o");
    await call("SM.MUTATE", "o", "paid", "by hand", "FORCE");
    await call("SM.SEND", "o", "SHIP");
    expect(await replay()).toEqual([
      [2, "xstate.after.1h.(machine).new", "late", "late", 1, null],
      [3, "PAY", "paid", "paid", 1, null],
      [4, "WAIT", "paid", "paid", 1, null],
      [5, "patch", "paid", "paid", 1, null],
      [6, "undo", "late", "late", 1, null],
      [7, "suspend", "late", "late", 1, null],
      [8, "resume", "late", "late", 1, null],
      [9, "reset", "new", "new", 1, null],
      [10, "force", "paid", "paid", 1, null],
      [11, "SHIP", "shipped", "shipped", 1, null],
    ]);
  });

  test("says under another definition what is refused, what fails and what leads elsewhere", async () => {
    for (const [key, sum] of [
      ["o", 7],
      ["p", 3],
    ] as const) {
      await call("SM.CREATE", key, "order:v1");
      await call("SM.SEND", key, "PAY", JSON.stringify({ sum }));
      await call("SM.SEND", key, "WAIT");
      await call("SM.SEND", key, "SHIP");
    }
    expect(await replay("DEF", "order:v2")).toEqual([
      [2, "PAY", "paid", "paid", 1, null],
      // It is not accepted, and the states are the same.
      [3, "WAIT", "paid", "paid", 1, null],
      [4, "SHIP", "shipped", "paid", 0, "failed"],
    ]);
    await define(on.client, "order:v3", {
      initial: "new",
      states: { new: { on: { SHIP: "shipped" } }, shipped: {} },
    });
    expect((await replay("DEF", "order:v3"))[0]).toEqual([2, "PAY", "paid", "new", 0, "refused"]);
    const [first] = rows(await call("SM.REPLAY", "p", "DEF", "order:v2"));
    expect(first).toMatchObject({ recorded: ["paid"], computed: ["review"], difference: "states" });
  });

  test("fires the timers of the other definition at the times of the history", async () => {
    await call("SM.CREATE", "o", "order:v1");
    await pass(2_000_000);
    await call("SM.SEND", "o", "PAY", '{"sum":1}');
    // By way of 'late': from 'new' so small a sum would lead to 'review'.
    expect(await replay("DEF", "order:v2")).toEqual([[2, "PAY", "paid", "paid", 1, null]]);
  });

  test("begins at FROM or after the last migration, and replays COUNT changes", async () => {
    await call("SM.CREATE", "o", "order:v1");
    for (let n = 0; n < 5; n += 1) await call("SM.PATCH", "o", `{"n":${n}}`);
    expect((await replay("FROM", 3, "COUNT", 2)).map(([rev]) => rev)).toEqual([3, 4]);
    await call("SM.MIGRATE", "o", "order:v2");
    await call("SM.SEND", "o", "PAY", '{"sum":9}');
    expect((await replay()).map(([rev]) => rev)).toEqual([8]);
    expect((await replay("DEF", "order:v1")).map(([rev]) => rev).at(0)).toBe(2);
  });

  test("writes nothing: no rev, no history, no task, no event", async () => {
    await call("SM.CREATE", "o", "order:v1");
    await call("SM.SEND", "o", "PAY", '{"sum":7}', "ID", "e");
    const all = async () => [
      fields(await call("SM.INFO", "o")),
      await call("SM.HISTORY", "o", "-", "+"),
      await call("SM.PENDING", "o"),
      await call("XLEN", "sm:tasks:pack"),
      await call("XLEN", "sm:changes:order"),
      await call("DBSIZE"),
    ];
    const before = await all();
    await replay();
    await replay("DEF", "order:v2");
    expect(await all()).toEqual(before);
  });

  test("replies nil for a missing machine, and refuses an impossible replay with a reason", async () => {
    expect(await call("SM.REPLAY", "none")).toBeNull();
    await call("SM.CREATE", "o", "order:v1");
    await call("SET", "text", "x");
    const fault = async (...args: readonly string[]) =>
      ((await call("SM.REPLAY", ...args)) as ReplyFailure).message;
    expect(await fault("text")).toMatch(/^WRONGTYPE /);
    expect(await fault("o", "DEF", "nothing")).toMatch(/^NODEF /);
    expect(await call("SM.REPLAY", "o", "COUNT", "0")).toEqual([]);
    expect(await fault("o", "COUNT", "-1")).toMatch(/^ERR /);
    expect(await fault("o", "FROM", "x")).toMatch(/^ERR /);
    expect(await fault("o", "NOW")).toBe(
      "ERR syntax error, there is no option 'NOW'; there are DEF, FROM, COUNT",
    );
  });
});
