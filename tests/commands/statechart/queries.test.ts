/** What is asked about machines: SM.INFO, CONTEXT, HISTORY, PENDING, SCAN, COUNT, SUSPEND, RESUME, VERIFY. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Argument } from "../../support/client.ts";
import { define, fields, rows, scanAll } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { servedTests } from "../../support/served-tests.ts";
import { START_MS } from "../../support/virtual-clock.ts";

/** Two regions, one of them with a timer. */
const ROBOT = {
  type: "parallel",
  context: { a: { b: [10, { c: "x" }] }, steps: 0 },
  states: {
    legs: {
      initial: "still",
      states: {
        still: { on: { WALK: "walking" } },
        walking: {
          entry: [{ assign: { steps: "context.steps + 1", "a.d": "'new'" } }],
          after: { "60s": "still" },
          on: { HALT: "still" },
        },
      },
    },
    light: {
      initial: "dark",
      states: { dark: { on: { SHINE: "bright" } }, bright: { on: { DIM: "dark" } } },
    },
  },
};

const on = servedTests(async (client) => {
  await define(client, "robot", ROBOT);
  await client.call("SM.CREATE", "r", "robot", "REASON", "built");
});
const { call } = on;
const beginning = (code: string) => ({ message: expect.stringMatching(new RegExp(`^${code}( |$)`)) });

test("a key that is missing is null, and one of another type WRONGTYPE, to every query", async () => {
  await call("SET", "text", "v");
  const queries: ReadonlyArray<readonly Argument[]> = [
    ["SM.INFO"],
    ["SM.CONTEXT"],
    ["SM.HISTORY", "-", "+"],
    ["SM.OUTCOME", "x"],
    ["SM.PENDING"],
    ["SM.NEXT"],
    ["SM.WHY", "x"],
    ["SM.STATE"],
    ["SM.GET"],
  ];
  for (const [name = "", ...rest] of queries) {
    expect(await call(name, "none", ...rest), String(name)).toBeNull();
    expect(await call(name, "text", ...rest), String(name)).toEqual(beginning("WRONGTYPE"));
  }
  for (const name of ["SM.SUSPEND", "SM.RESUME"]) {
    expect(await call(name, "none")).toBe(0);
    expect(await call(name, "text")).toEqual(beginning("WRONGTYPE"));
  }
  expect(await call("SM.CANCEL", "none", "x")).toBe(0);
  expect(await call("SM.CANCEL", "text", "x")).toEqual(beginning("WRONGTYPE"));
  expect(await call("SM.VERIFY", "none")).toEqual([]);
});

describe("SM.INFO", () => {
  test("returns all fields of a machine, as a flat array and as a map", async () => {
    await call("SM.SEND", "r", "WALK");
    await call("PEXPIRE", "r", 5000);
    const flat = await call("SM.INFO", "r");
    expect(flat).toEqual([
      "definition",
      "robot:v1",
      "state",
      ["legs.walking", "light.dark"],
      "status",
      "active",
      "rev",
      2,
      "context",
      '{"a":{"b":[10,{"c":"x"}],"d":"new"},"steps":1}',
      "output",
      null,
      "tags",
      [],
      "created",
      START_MS,
      "updated",
      START_MS,
      "reason",
      "built",
      "pending",
      0,
      "timers",
      1,
      "failed",
      0,
      "overdue",
      [],
      "parent",
      null,
      "children",
      [],
      "ttl",
      5000,
    ]);
    await call("HELLO", 3);
    const mapped = await call("SM.INFO", "r");
    expect(mapped).toBeInstanceOf(Map);
    expect(fields(mapped)).toEqual(fields(flat));
  });

  test("returns the past by rev and by time, across SM.RESET", async () => {
    on.clock.jump(100);
    await call("SM.SEND", "r", "WALK", "REASON", "on the way");
    on.clock.jump(100);
    await call("SM.RESET", "r");
    on.clock.jump(100);
    await call("SM.SEND", "r", "WALK");
    const at = async (...when: readonly Argument[]) => {
      const reply = await call("SM.INFO", "r", ...when);
      if (reply === null) return null;
      const { rev, state, context, reason } = fields(reply);
      return [rev, (state as readonly string[])[0], JSON.parse(String(context)).steps, reason];
    };
    expect(await at("REV", 1)).toEqual([1, "legs.still", 0, "built"]);
    expect(await at("REV", 2)).toEqual([2, "legs.walking", 1, "on the way"]);
    expect(await at("REV", 3)).toEqual([3, "legs.still", 0, "on the way"]);
    expect(await at("REV", 4)).toEqual(await at());
    expect(await at("REV", 5)).toBeNull();
    expect(await at("REV", 0)).toBeNull();
    expect(await at("TIME", START_MS - 1)).toBeNull();
    expect(await at("TIME", START_MS + 99)).toEqual([1, "legs.still", 0, "built"]);
    expect(await at("TIME", START_MS + 100)).toEqual([2, "legs.walking", 1, "on the way"]);
    expect(await at("TIME", START_MS + 100_000)).toEqual(await at());
    for (const bad of [["REV"], ["REV", "x"], ["WHEN", 1], ["REV", 1, "TIME", 1]]) {
      expect(await call("SM.INFO", "r", ...bad)).toBeInstanceOf(ReplyFailure);
    }
  });

  test("returns past lists whose items were assigned one by one", async () => {
    await define(on.client, "list", {
      initial: "on",
      context: { items: [{ n: 1 }] },
      states: {
        on: {
          on: {
            ADD: { actions: [{ assign: { "items.1": { n: "2" } } }] },
            SET: { actions: [{ assign: { "items.0.n": "event.n", "made.here": "'x'" } }] },
          },
        },
      },
    });
    await call("SM.CREATE", "l", "list");
    const contexts = [await call("SM.CONTEXT", "l")];
    for (const event of [["ADD"], ["SET", '{"n":5}'], ["SET", '{"n":6}'], ["ADD"]]) {
      await call("SM.SEND", "l", ...event);
      contexts.push(await call("SM.CONTEXT", "l"));
    }
    expect(contexts[2]).toBe('{"items":[{"n":5},{"n":2}],"made":{"here":"x"}}');
    for (const [i, context] of contexts.entries()) {
      expect(fields(await call("SM.INFO", "l", "REV", i + 1))["context"]).toBe(context);
    }
  });

  test("returns no past that the history has dropped", async () => {
    await call("CONFIG", "SET", "sm-history-max", 2);
    const states = [fields(await call("SM.INFO", "r"))];
    for (const event of ["WALK", "HALT", "WALK"]) {
      await call("SM.SEND", "r", event);
      states.push(fields(await call("SM.INFO", "r")));
    }
    expect(await call("SM.INFO", "r", "REV", 1)).toBeNull();
    // What the machine was after the last entry that went is kept, and what came after builds on it.
    for (const rev of [2, 3, 4]) {
      const { state, status, context, reason, updated } = states[rev - 1] ?? {};
      expect(fields(await call("SM.INFO", "r", "REV", rev))).toMatchObject({
        rev,
        state,
        status,
        context,
        reason,
        updated,
      });
    }
    expect(rows(await call("SM.HISTORY", "r", "-", "+")).map(({ rev }) => rev)).toEqual([3, 4]);
    expect(await call("SM.VERIFY")).toEqual([]);
  });
});

test("SM.CONTEXT returns the whole context or the values at paths", async () => {
  expect(await call("SM.CONTEXT", "r")).toBe('{"a":{"b":[10,{"c":"x"}]},"steps":0}');
  expect(
    await call("SM.CONTEXT", "r", "a.b.1.c", "a.b", "steps", "a.b.9", "x.y", "", "constructor", "a.b.length"),
  ).toEqual(['"x"', '[10,{"c":"x"}]', "0", null, null, null, null, null]);
});

test("SM.CONTEXT takes paths as they are written in assign and shown in the history", async () => {
  await call("SM.PATCH", "r", '{"a":{"b":[{"c":1}],"x.y":2,"q\\"":3},"k[0]":4,"__proto__":{"z":5}}');
  const paths = ["a.b[0].c", 'a["x.y"]', "a['x.y']", '["a"].b.0.c', 'a["q\\""]', "k[0]", "__proto__.z"];
  expect(await call("SM.CONTEXT", "r", ...paths)).toEqual(["1", "2", "2", "1", "3", "4", "5"]);
  expect(await call("SM.CONTEXT", "r", "a[b]", "a[", "a.b[1]", "a.b[-1]")).toEqual([null, null, null, null]);
});

describe("SM.HISTORY", () => {
  const revs = async (...args: readonly Argument[]) =>
    rows(await call("SM.HISTORY", "r", ...args)).map(({ rev }) => rev);

  test("keeps to its range, direction and COUNT", async () => {
    for (const event of ["WALK", "HALT", "SHINE", "DIM"]) await call("SM.SEND", "r", event);
    expect(await revs("-", "+")).toEqual([1, 2, 3, 4, 5]);
    expect(await revs(2, 4)).toEqual([2, 3, 4]);
    expect(await revs(4, 2)).toEqual([]);
    expect(await revs(4, "+", "COUNT", 1)).toEqual([4]);
    expect(await revs("+", "-", "REV")).toEqual([5, 4, 3, 2, 1]);
    expect(await revs("-", "+", "REV", "COUNT", 2)).toEqual([5, 4]);
    expect(await revs(4, 2, "COUNT", 2, "REV")).toEqual([4, 3]);
    expect(await revs("(2", "(5")).toEqual([3, 4]);
    expect(await revs("(2", 3, "COUNT", 5)).toEqual([3]);
    expect(await revs("(2", "(3")).toEqual([]);
    expect(await revs("(3", "(3")).toEqual([]);
    expect(await revs("(4", "-", "REV")).toEqual([3, 2, 1]);
    expect(await revs("-", "(4", "REV")).toEqual([3, 2, 1]);
    expect(await revs("(0", "+", "COUNT", 1)).toEqual([1]);
    expect(await revs(9, 99)).toEqual([]);
    expect(await revs("-", "+", "COUNT", 0)).toEqual([]);
    for (const bad of [
      ["x", "+"],
      [-1, "+"],
      ["(-1", "+"],
      ["(", "+"],
      ["(+", "+"],
      ["-", "+", "COUNT", -1],
      ["-", "+", "NONSENSE"],
      ["-", "+", "COUNT"],
    ]) {
      expect(await call("SM.HISTORY", "r", ...bad)).toBeInstanceOf(ReplyFailure);
    }
  });

  test("returns the changed parts of the context", async () => {
    await call("SM.SEND", "r", "WALK");
    const [first, second] = rows(await call("SM.HISTORY", "r", "-", "+"));
    expect(first).toMatchObject({
      kind: "create",
      from: [],
      context: '{"a":{"b":[10,{"c":"x"}]},"steps":0}',
    });
    expect(second).toMatchObject({ from: ["legs.still", "light.dark"], context: '{"steps":1,"a.d":"new"}' });
  });
});

describe("SM.SCAN and SM.COUNT", () => {
  beforeEach(async () => {
    await define(on.client, "robot:v2", ROBOT);
    await define(on.client, "other", {
      initial: "a",
      states: { a: { on: { END: "z" } }, z: { type: "final" } },
    });
    for (const key of ["r2", "r3"]) await call("SM.CREATE", key, "robot:v2");
    for (const key of ["o1", "o2"]) await call("SM.CREATE", key, "other");
    await call("SM.SET", "map", '{"current":"","initial":"a","map":{"a":["b"],"b":[]}}');
    on.clock.jump(1000);
    await call("SM.SEND", "r2", "SHINE");
    await call("SM.SEND", "o1", "END");
    await call("SM.SUSPEND", "r3");
    await call("SET", "text", "v");
  });

  test.each<readonly [readonly string[], readonly string[]]>([
    [[], ["map", "o1", "o2", "r", "r2", "r3"]],
    [
      ["DEF", "robot"],
      ["r", "r2", "r3"],
    ],
    [
      ["DEF", "robot:v2"],
      ["r2", "r3"],
    ],
    [
      ["STATE", "light.dark"],
      ["r", "r3"],
    ],
    [
      ["STATE", "a"],
      ["map", "o2"],
    ],
    [
      ["STATE", "light"],
      ["r", "r2", "r3"],
    ],
    [["STATE", "nowhere"], []],
    [
      ["STATUS", "active"],
      ["map", "o2", "r", "r2"],
    ],
    [["STATUS", "SUSPENDED"], ["r3"]],
    [["STATUS", "done", "DEF", "other"], ["o1"]],
    [["STATE", "light.dark", "STATUS", "suspended"], ["r3"]],
    [
      ["STATE", "legs.still", "DEF", "robot:v2"],
      ["r2", "r3"],
    ],
  ])("with %j SCAN finds and COUNT counts %j", async (filter, keys) => {
    expect(await call("SM.COUNT", ...filter)).toBe(keys.length);
    for (const count of ["1", "2", "1000"]) {
      expect((await scanAll(on.client, ...filter, "COUNT", count)).sort()).toEqual(keys);
    }
  });

  test("SCAN takes OLDER and MATCH too", async () => {
    expect((await scanAll(on.client, "MATCH", "r?")).sort()).toEqual(["r2", "r3"]);
    expect((await scanAll(on.client, "STATE", "light.bright", "OLDER", "1")).sort()).toEqual([]);
    expect((await scanAll(on.client, "STATE", "legs.still", "OLDER", "999")).sort()).toEqual([
      "r",
      "r2",
      "r3",
    ]);
    expect((await scanAll(on.client, "OLDER", "999")).sort()).toEqual(["map", "o2", "r", "r3"]);
    for (const bad of [["x"], ["0", "COUNT", 0], ["0", "OLDER", -1], ["0", "DEF"], ["0", "NONSENSE", 1]]) {
      expect(await call("SM.SCAN", ...bad)).toBeInstanceOf(ReplyFailure);
    }
    const noStatus = new ReplyFailure("ERR the status must be active, failed, suspended, done or stopped");
    expect(await call("SM.SCAN", 0, "STATUS", "paused")).toEqual(noStatus);
    expect(await call("SM.COUNT", "STATUS", "paused")).toEqual(noStatus);
  });

  test("SCAN returns each machine that stays, while others are created, deleted and moved", async () => {
    for (let i = 0; i < 40; i += 1) await call("SM.CREATE", `n${i}`, "robot");
    const found = new Set<string>();
    let cursor = "0";
    for (let turn = 0; turn === 0 || cursor !== "0"; turn += 1) {
      const [next, keys] = (await call("SM.SCAN", cursor, "STATE", "legs.still", "COUNT", 5)) as [
        string,
        string[],
      ];
      for (const key of keys) found.add(key);
      cursor = next;
      await call("DEL", `n${turn}`);
      await call("SM.SEND", `n${39 - turn}`, "WALK");
      await call("SM.CREATE", `new${turn}`, "robot");
      expect(turn).toBeLessThan(100);
    }
    for (let i = 10; i < 30; i += 1) expect(found).toContain(`n${i}`);
  });

  test("COUNT sums BY STATE, STATUS and VERSION", async () => {
    expect(await call("SM.COUNT", "BY", "STATUS")).toEqual(["active", 4, "done", 1, "suspended", 1]);
    expect(await call("SM.COUNT", "DEF", "robot", "BY", "STATE")).toEqual([
      "legs.still",
      3,
      "light.bright",
      1,
      "light.dark",
      2,
    ]);
    expect(await call("SM.COUNT", "BY", "VERSION")).toEqual([
      "",
      1,
      "other:v1",
      2,
      "robot:v1",
      1,
      "robot:v2",
      2,
    ]);
    expect(await call("SM.COUNT", "STATE", "light.dark", "BY", "VERSION")).toEqual([
      "robot:v1",
      1,
      "robot:v2",
      1,
    ]);
    expect(await call("SM.COUNT", "BY", "COLOUR")).toBeInstanceOf(ReplyFailure);
    await call("HELLO", 3);
    expect(await call("SM.COUNT", "DEF", "other", "BY", "STATE")).toEqual(
      new Map([
        ["a", 1],
        ["z", 1],
      ]),
    );
    expect(await call("SM.VERIFY")).toEqual([]);
  });
});

test("SM.SUSPEND and SM.RESUME reply whether they changed something, and are in the history", async () => {
  await call("SM.SEND", "r", "WALK");
  expect(await call("SM.SUSPEND", "r", "repair")).toBe(1);
  expect(await call("SM.SUSPEND", "r")).toBe(0);
  expect(fields(await call("SM.INFO", "r"))).toMatchObject({ status: "suspended", reason: "repair", rev: 3 });
  expect(await call("SM.NEXT", "r")).toEqual([]);
  const suspended = new ReplyFailure("SUSPENDED the machine is suspended: repair");
  expect(await call("SM.SEND", "r", "HALT")).toEqual(suspended);
  expect(await call("SM.MUTATE", "r", "legs.still")).toEqual(suspended);
  expect(await call("SM.RESET", "r")).toEqual(suspended);
  expect(await call("SM.STATE", "r")).toEqual(["legs.walking", "light.dark"]);
  on.clock.jump(59_000);
  expect(await call("SM.RESUME", "r")).toBe(1);
  on.clock.jump(999);
  expect(await call("SM.STATE", "r")).toEqual(["legs.walking", "light.dark"]);
  on.clock.jump(1);
  expect(await call("SM.STATE", "r")).toEqual(["legs.still", "light.dark"]);
  const kinds = rows(await call("SM.HISTORY", "r", "-", "+")).map(({ kind }) => kind);
  expect(kinds).toEqual(["create", "event", "suspend", "resume", "timer"]);
  expect(fields(await call("SM.INFO", "r", "REV", 3))["status"]).toBe("suspended");
  expect(await call("SM.VERIFY", "r")).toEqual([]);
});
