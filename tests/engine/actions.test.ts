/** Actions that loop, refuse, suspend, or go by a computed name; conditions of refusals and invariants. */
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/base/json.ts";
import { compile } from "../../src/engine/compile.ts";
import { breachOf } from "../../src/engine/invariants.ts";
import type { Effect } from "../../src/engine/types.ts";
import { drive, machineOf } from "./support/driver.ts";

const env = { now: 1000, key: "k" };

function machine(context: Json, actions: Json, more: object = {}): Json {
  return { initial: "a", context, states: { a: { on: { E: { actions }, X: {} } } }, ...more };
}

function kinds(effects: readonly Effect[]): readonly string[] {
  return effects.map((effect) =>
    effect.kind === "arm" || effect.kind === "disarm" ? `${effect.kind} ${effect.timer.id}` : effect.kind,
  );
}

describe("forEach", () => {
  it("runs its actions for each item with item and index, loops within loops too", () => {
    const driver = drive(
      machine({ sum: 0, seen: [] }, [
        {
          forEach: {
            items: "event.lines",
            as: "line",
            actions: [
              { assign: { sum: "context.sum + line.n * (index + 1)", "by[line.sku]": "line.n" } },
              { choose: [{ guard: "line.n > 1", actions: [{ emit: { event: "BIG", data: "line.sku" } }] }] },
              {
                forEach: {
                  items: "line.tags",
                  actions: { assign: { seen: "context.seen + [line.sku + item + string(index)]" } },
                },
              },
            ],
          },
        },
      ]),
      { persist: true },
    );
    const lines = [
      { sku: "a", n: 1, tags: ["x", "y"] },
      { sku: "b", n: 2, tags: [] },
    ];
    expect(driver.send("E", { lines })).toMatchObject({
      snapshot: { context: { sum: 5, by: { a: 1, b: 2 }, seen: ["ax0", "ay1"] } },
      effects: [{ kind: "emit", event: "BIG", data: "b" }],
    });
  });

  it("iterates over the list as it was before the first item", () => {
    const actions = { forEach: { items: "context.l", actions: { assign: { l: "context.l + [item]" } } } };
    expect(drive(machine({ l: [1, 2] }, actions)).send("E")).toMatchObject({
      snapshot: { context: { l: [1, 2, 1, 2] } },
    });
  });

  it("fails the event when its source is not a list, and beyond its bound", () => {
    const loop = (items: string, actions: Json): Json => ({ forEach: { items, actions } });
    const reasonOf = (actions: Json) => {
      const result = drive(machine({ n: 5, l: Array.from({ length: 400 }, (_, i) => i) }, actions)).send("E");
      return result.kind === "failed" && result.reason;
    };
    expect(reasonOf(loop("context.n", []))).toBe(
      "$.states.a.on.E.actions: forEach goes through a list, this is a number (5)",
    );
    expect(reasonOf(loop("context.l", loop("context.l", { assign: { n: "1" } })))).toContain(
      "one event runs at most 100000 actions",
    );
  });

  it.each<[string, Json, string]>([
    ["no items", { forEach: { actions: [] } }, 'forEach takes {"items": expression'],
    ["a name that is taken", { forEach: { items: "[]", as: "context" } }, "as names a variable"],
    ["a name that is none", { forEach: { items: "[]", as: "a.b" } }, "as names a variable"],
    ["item outside", { log: "item" }, "item"],
  ])("is refused with %s", (_, actions, reason) => {
    const result = compile(machine({}, actions));
    expect(!result.ok && result.reason).toContain(reason);
  });
});

describe("fail", () => {
  it("refuses the event with its message and changes nothing", () => {
    const driver = drive(
      machine({ n: 1 }, [{ assign: { n: "2" } }, { fail: "'too late by ' + string(event.ms)" }]),
    );
    expect(driver.send("E", { ms: 5 })).toMatchObject({
      kind: "failed",
      code: "REJECTED",
      message: "too late by 5",
    });
    expect(driver.snapshot.context).toEqual({ n: 1 });
  });
});

describe("suspend", () => {
  it("takes effect with its reason, and keeps raised events for later", () => {
    const driver = drive(
      machine({}, [{ raise: { event: "X", delay: 0 } }, { suspend: "'stock ' + event.s" }]),
    );
    const result = driver.send("E", { s: "x" });
    expect(result).toMatchObject({
      effects: [
        { kind: "arm", timer: { event: "X", kind: "raise" } },
        { kind: "suspend", reason: "stock x" },
      ],
    });
  });
});

describe("ids", () => {
  it("replace what is pending under the same id, also when they are computed", () => {
    const tick = { raise: { event: "X", delay: "1h", id: { expr: "'t-' + event.n" } } };
    const driver = drive(machine({}, tick), { persist: true });
    driver.send("E", { n: "1" });
    driver.send("E", { n: "2" });
    const again = driver.send("E", { n: "1" });
    expect(again.kind === "moved" && kinds(again.effects)).toEqual(["disarm t-1", "arm t-1"]);
    expect(driver.snapshot.timers.map(({ id }) => id)).toEqual(["t-2", "t-1"]);
  });

  it("name tasks and what is cancelled", () => {
    const driver = drive(
      machine({}, [
        { send: { to: "'o'", event: "X", delay: 5, id: "a" } },
        { cancel: { expr: "event.id" } },
        { task: { expr: "'mail-' + event.id" } },
      ]),
    );
    expect(driver.send("E", { id: "a" })).toMatchObject({
      effects: [{ kind: "arm" }, { kind: "disarm" }, { kind: "task", task: "mail-a" }],
    });
    const failed = driver.send("E", { id: "" });
    expect(failed.kind === "failed" && failed.reason).toContain(
      'event.id is ""; a name is a string that is not empty',
    );
  });

  it("give a warning when they look like expressions", () => {
    const result = compile(machine({}, { task: "event.kind" }));
    expect(result.findings).toMatchObject([
      {
        severity: "warning",
        path: "$.states.a.on.E.actions.task",
        message: expect.stringContaining('written {"expr":"event.kind"}'),
      },
    ]);
  });
});

describe("otherwise", () => {
  it("begins the message of a refusal by the guard", () => {
    const driver = drive({
      initial: "a",
      context: { total: 100 },
      states: {
        a: {
          on: {
            PAY: { guard: "event.n >= context.total", otherwise: "the amount is too small", target: "b" },
          },
        },
        b: {},
      },
    });
    expect(driver.send("PAY", { n: 1 })).toMatchObject({
      code: "GUARD",
      message:
        "event 'PAY' in 'a': the amount is too small: event.n >= context.total is false (event.n = 1, context.total = 100)",
    });
  });
});

describe("invariants", () => {
  const definition = machine(
    { n: 1 },
    { assign: { n: "event.n" } },
    {
      invariants: [
        { name: "positive", expr: "context.n > 0" },
        { name: "small", expr: "context.n < 10" },
      ],
    },
  );

  it("refuse a step that breaks one, with the values it saw", () => {
    const driver = drive(definition);
    expect(driver.send("E", { n: 5 }).kind).toBe("moved");
    expect(driver.send("E", { n: 20 })).toMatchObject({
      kind: "failed",
      code: "INVARIANT",
      message: "small: context.n < 10 (context.n = 20)",
    });
    expect(driver.send("E", { n: "x" })).toMatchObject({
      code: "INVARIANT",
      message: expect.stringContaining("positive: context.n > 0 ("),
    });
    expect(driver.snapshot.context).toEqual({ n: 5 });
  });

  it("are checked when a machine starts, and when it is changed otherwise", () => {
    const bad = machineOf(
      machine({ n: 0 }, [], { invariants: [{ name: "positive", expr: "context.n > 0" }] }),
    );
    const good = machineOf(definition);
    const { snapshot } = drive(definition);
    expect(breachOf(good, snapshot, env)).toBeUndefined();
    expect(breachOf(bad, { ...snapshot, context: { n: -1 } }, env)).toBe(
      "positive: context.n > 0 (context.n = -1)",
    );
    expect(() =>
      drive(machine({ n: 0 }, [], { invariants: [{ name: "positive", expr: "context.n > 0" }] })),
    ).toThrow("positive");
  });

  it.each<[string, Json, string]>([
    ["an object", {}, "invariants takes a list"],
    ["one without a name", [{ expr: "true" }], "an invariant needs a name"],
    ["one without an expression", [{ name: "x" }], "an invariant needs an expression"],
    [
      "one that reads the event",
      [{ name: "x", expr: "event.n > 1" }],
      "an invariant holds whatever the event",
    ],
    ["one that is a number", [{ name: "x", expr: "1 + 1" }], "an invariant must be true or false"],
  ])("are refused as %s", (_, invariants, reason) => {
    const result = compile(machine({}, [], { invariants }));
    expect(!result.ok && result.reason).toContain(reason);
  });
});
