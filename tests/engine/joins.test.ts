/** Joins of events: kept events, consumed whole, each event once. */
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/base/json.ts";
import { compile } from "../../src/engine/compile.ts";
import { drive } from "./support/driver.ts";

const ORDER = {
  initial: "waiting",
  context: { log: [], isOpen: false },
  states: {
    waiting: {
      join: [
        {
          all: {
            a: "PAID",
            b: { event: "PACKED", guard: "event.ok" },
            c: { any: { x: "LABEL", y: { after: "2h" } } },
          },
          target: "ready",
          actions: [{ assign: { log: "[events.a.sum, events.b.ok, has(events.c.x), has(events.y)]" } }],
        },
      ],
      on: { CANCEL: "gone" },
    },
    ready: {},
    gone: {},
  },
} as const;

function kept(driver: ReturnType<typeof drive>): readonly string[] {
  return driver.snapshot.kept.map(({ event }) => event);
}

for (const persist of [false, true]) {
  describe(`join, ${persist ? "persisted between all steps" : "in memory"}`, () => {
    const start = (definition: Json) => drive(definition, { persist });

    it("keeps events until all have arrived, in any order", () => {
      const driver = start(ORDER);
      expect(driver.send("PACKED", { ok: true }).kind).toBe("moved");
      driver.send("LABEL");
      expect(driver.states()).toEqual(["waiting"]);
      expect(kept(driver)).toEqual(["PACKED", "LABEL"]);
      driver.send("PAID", { sum: 7 });
      expect(driver.states()).toEqual(["ready"]);
      expect(driver.snapshot.context["log"]).toEqual([7, true, true, false]);
      expect(kept(driver)).toEqual([]);
    });

    it("accepts a time that is over instead of an event", () => {
      const driver = start(ORDER);
      driver.send("PAID", { sum: 7 });
      driver.send("PACKED", { ok: true });
      driver.advance(2 * 3_600_000 - 1);
      expect(driver.states()).toEqual(["waiting"]);
      driver.advance(1);
      expect(driver.states()).toEqual(["ready"]);
      expect(driver.snapshot.context["log"]).toEqual([7, true, false, true]);
    });

    it("refuses an event whose place is filled, or whose guard is false", () => {
      const driver = start(ORDER);
      driver.send("PAID", { sum: 7 });
      expect(driver.send("PAID", { sum: 8 })).toMatchObject({ kind: "refused", code: "ILLEGAL" });
      expect(driver.send("PACKED", { ok: false })).toMatchObject({ kind: "refused", code: "GUARD" });
    });

    it("releases what it kept when its state is left first", () => {
      const driver = start(ORDER);
      driver.send("PAID", { sum: 7 });
      driver.send("CANCEL");
      expect(driver.effects).toContainEqual({
        kind: "released",
        kept: [expect.objectContaining({ event: "PAID", data: { sum: 7 } })],
      });
      expect(driver.snapshot.timers).toEqual([]);
      expect(kept(driver)).toEqual([]);
    });
  });
}

describe("join", () => {
  it("starts empty again after a transition without target", () => {
    const driver = drive({
      initial: "s",
      context: { n: 0 },
      states: { s: { join: [{ all: { a: "A", b: "B" }, actions: [{ assign: { n: "context.n + 1" } }] }] } },
    });
    for (const event of ["A", "B", "B", "A", "A"]) driver.send(event);
    expect(driver.snapshot.context).toEqual({ n: 2 });
    expect(kept(driver)).toEqual(["A"]);
  });

  it("is tried after `on` for the event's name and before `*`", () => {
    const driver = drive({
      initial: "s",
      states: {
        s: { join: [{ all: { a: "A", b: "B" }, target: "t" }], on: { A: "byName", "*": "star" } },
        t: {},
        byName: {},
        star: {},
      },
    });
    driver.send("B");
    expect(driver.states()).toEqual(["s"]);
    driver.send("A");
    expect(driver.states()).toEqual(["byName"]);
  });

  it("counts an event for one place of one join only", () => {
    const driver = drive({
      initial: "p",
      context: { done: [] },
      states: {
        p: {
          type: "parallel",
          states: {
            one: {
              initial: "w",
              states: { w: { join: [{ all: { a: "A", b: "A" }, target: "d" }] }, d: {} },
            },
            two: { initial: "w", states: { w: { join: [{ any: { a: "A" }, target: "d" }] }, d: {} } },
          },
        },
      },
    });
    driver.send("A");
    expect(driver.states()).toEqual(["p.one.w", "p.two.w"]);
    driver.send("A");
    expect(driver.states()).toEqual(["p.one.d", "p.two.w"]);
    driver.send("A");
    expect(driver.states()).toEqual(["p.one.d", "p.two.d"]);
  });

  it("evaluates a condition after every step", () => {
    const driver = drive({
      initial: "s",
      context: { isOpen: false },
      states: {
        s: {
          join: [{ all: { a: "A", open: { if: "context.isOpen" } }, target: "t" }],
          on: { OPEN: { actions: [{ assign: { isOpen: "true" } }] } },
        },
        t: {},
      },
    });
    driver.send("A");
    expect(driver.states()).toEqual(["s"]);
    driver.send("OPEN");
    expect(driver.states()).toEqual(["t"]);
  });

  it("is taken once a step when a condition alone completes it and it changes nothing", () => {
    const driver = drive({
      initial: "s",
      states: { s: { join: [{ any: { a: "A", c: { if: "true" } }, actions: [{ emit: "tick" }] }] } },
    });
    const ticks = () => driver.effects.filter(({ kind }) => kind === "emit").length;
    expect(ticks()).toBe(1);
    driver.send("A");
    expect(ticks()).toBe(3);
  });

  it("is completed once by a time, and again by a later event", () => {
    const driver = drive({
      initial: "s",
      context: { n: 0 },
      states: {
        s: {
          join: [{ any: { a: "A", t: { after: "1s" } }, actions: [{ assign: { n: "context.n + 1" } }] }],
          on: { X: {} },
        },
      },
    });
    driver.advance(1000);
    expect(driver.snapshot.context).toEqual({ n: 1 });
    driver.send("X");
    expect(driver.snapshot.context).toEqual({ n: 1 });
    driver.send("A");
    expect(driver.snapshot.context).toEqual({ n: 2 });
  });

  it("keeps events the machine raises and done events", () => {
    const driver = drive({
      initial: "p",
      states: {
        p: {
          type: "parallel",
          join: [{ all: { one: "done.state.one", x: "X" }, target: "end" }],
          states: {
            one: {
              id: "one",
              initial: "a",
              states: { a: { on: { GO: "z" } }, z: { type: "final", entry: [{ raise: "X" }] } },
            },
          },
        },
        end: {},
      },
    });
    driver.send("GO");
    expect(driver.states()).toEqual(["end"]);
  });

  it("lets guards and conditions read the events that have arrived", () => {
    const driver = drive({
      initial: "s",
      states: {
        s: {
          join: [{ all: { a: "BID", b: { event: "BID", guard: "event.by != events.a.by" } }, target: "t" }],
        },
        t: {},
      },
    });
    driver.send("BID", { by: "ann" });
    expect(driver.send("BID", { by: "ann" }).kind).toBe("refused");
    driver.send("BID", { by: "bob" });
    expect(driver.states()).toEqual(["t"]);
  });

  it("takes a deferred event out of the inbox when it has a place for it", () => {
    const driver = drive({
      initial: "early",
      states: {
        early: { defer: ["A"], on: { GO: "s" } },
        s: { join: [{ all: { a: "A", b: "B" }, target: "t" }] },
        t: {},
      },
    });
    driver.send("A");
    driver.send("GO");
    expect(driver.inbox).toEqual([]);
    driver.send("B");
    expect(driver.states()).toEqual(["t"]);
  });

  it("refuses a value that is not a join, and says what would be right", () => {
    const fault = (join: Json) => {
      const result = compile({ initial: "s", states: { s: { join }, t: {} } });
      return result.ok ? "compiles" : `${result.path}: ${result.reason}`;
    };
    expect(fault("A")).toBe(
      '$.states.s.join: a join is {"all": {"a": "EVENT", …}, "target", "actions"}, this is a string',
    );
    expect(fault([{ target: "t" }])).toContain('$.states.s.join[0]: a join has "all" or "any", one of them');
    expect(fault([{ all: {}, target: "t" }])).toContain(
      "$.states.s.join[0].all: all takes an object of parts",
    );
    expect(fault([{ all: { a: "A", b: { any: { a: "B" } } } }])).toContain(
      '$.states.s.join[0].all.b.any.a: "a" is taken',
    );
    expect(fault([{ all: { a: "*" } }])).toContain(
      "$.states.s.join[0].all.a: a place takes events of one name",
    );
    expect(fault([{ all: { a: { event: "A", guard: "x" } } }])).toContain("$.states.s.join[0].all.a.guard");
    expect(fault([{ all: { a: 7 } }])).toContain("$.states.s.join[0].all.a: a part of a join is");
    expect(fault([{ all: { a: { evnt: "A" } } }])).toContain("$.states.s.join[0].all.a: a part of a join is");
    expect(fault([{ all: { a: { after: "soon" } } }])).toContain("$.states.s.join[0].all.a.after");
    expect(fault([{ all: { a: "A" }, guard: "true" }])).toContain("a condition of the whole is a part of it");
    expect(fault([{ all: { a: "A" }, target: "x" }])).toContain("$.states.s.join[0].target");
  });
});
