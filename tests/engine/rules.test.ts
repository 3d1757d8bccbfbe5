/** The points of statechart semantics that implementations get wrong, one by one, numbered as in the specification. */
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/base/json.ts";
import { start, step } from "../../src/engine/step.ts";
import type { Env } from "../../src/engine/types.ts";
import { type Driver, drive, machineOf } from "./support/driver.ts";

const env: Env = { now: 0, key: "k" };

function logged(driver: Driver): readonly Json[] {
  return driver.effects.flatMap((effect) => (effect.kind === "log" ? [effect.value] : []));
}

/** A state that logs its entry and exit. */
function seen(name: string, rest: { readonly [key: string]: Json } = {}): Json {
  return { entry: [{ log: `'+${name}'` }], exit: [{ log: `'-${name}'` }], ...rest };
}

describe("rule 1, order of events", () => {
  it("takes automatic steps before internal events and internal events before the next external one when all wait", () => {
    const driver = drive({
      initial: "a",
      context: { n: 0 },
      states: {
        a: { on: { GO: { target: "b", actions: [{ raise: "IN" }, { raise: { event: "OUT", delay: 0 } }] } } },
        b: { always: { target: "c", actions: [{ log: "'auto'" }] }, on: { IN: "wrong" } },
        c: { on: { IN: { target: "d", actions: [{ log: "'in'" }] }, OUT: "wrong" } },
        d: { on: { OUT: { target: "e", actions: [{ log: "'out'" }] } } },
        e: {},
        wrong: {},
      },
    });
    driver.send("GO");
    expect(driver.states()).toEqual(["e"]);
    expect(logged(driver)).toEqual(["auto", "in", "out"]);
  });
});

describe("rule 2, bounds and undoing", () => {
  const loop = {
    initial: "a",
    context: { n: 0 },
    states: {
      a: { on: { GO: "b" } },
      b: { always: { target: "c", actions: [{ assign: { n: "context.n + 1" } }] } },
      c: { always: "b" },
    },
  };

  it("undoes the whole event when no stable state is reached in the bound", () => {
    const machine = machineOf(loop);
    const started = start(machine, env);
    expect(started.kind).toBe("moved");
    if (started.kind !== "moved") return;
    const result = step(
      machine,
      started.snapshot,
      { type: "GO" },
      { ...env, limits: { microstepsMax: 50, resultSizeMax: 100 } },
    );
    expect(result).toEqual({
      kind: "failed",
      code: "EXECFAIL",
      reason: "no stable state after 50 microsteps; the last event was 'GO'",
      message: "event 'GO' in 'a': no stable state after 50 microsteps; the last event was 'GO'",
      snapshot: started.snapshot,
    });
  });

  it("undoes the whole event when events are raised without end", () => {
    const driver = drive({ initial: "a", states: { a: { on: { GO: { actions: [{ raise: "GO" }] } } } } });
    expect(driver.send("GO")).toMatchObject({
      kind: "failed",
      reason: "no stable state after 1000 microsteps; the last event was 'GO'",
    });
  });

  it("undoes the whole event when an action fails after others have run", () => {
    const driver = drive({
      initial: "a",
      context: { n: 0 },
      states: {
        a: {
          on: { GO: { target: "b", actions: [{ assign: { n: 1 } }, { assign: { m: "context.missing" } }] } },
        },
        b: {},
      },
    });
    const before = driver.snapshot;
    expect(driver.send("GO")).toMatchObject({
      kind: "failed",
      message:
        "event 'GO' in 'a': $.states.a.on.GO.actions[1]: context has no field 'missing' at 9; write context.?missing.orValue(…)",
    });
    expect(driver.snapshot).toBe(before);
  });

  it("stops automatic steps that change nothing without an error when they would go on for ever", () => {
    const driver = drive({ initial: "a", states: { a: { always: { actions: [{ log: "1" }] } } } });
    expect(logged(driver)).toEqual([1]);
  });
});

describe("rule 3, selection", () => {
  it("takes the innermost enabled transition, once, when several states could", () => {
    const driver = drive({
      initial: "p",
      states: {
        p: {
          type: "parallel",
          on: { UP: { actions: [{ log: "'p'" }] }, IN: { actions: [{ log: "'p'" }] } },
          states: {
            a: { on: { IN: { guard: "false", actions: [{ log: "'a'" }] } } },
            b: { on: { IN: { actions: [{ log: "'b'" }] } } },
          },
        },
      },
    });
    driver.send("UP");
    driver.send("IN");
    expect(logged(driver)).toEqual(["p", "b"]);
  });

  it("takes the first whose guard holds when a state has several for an event", () => {
    const driver = drive({
      initial: "a",
      states: {
        a: { on: { E: [{ guard: "false", target: "b" }, { guard: "true", target: "c" }, { target: "b" }] } },
        b: {},
        c: {},
      },
    });
    driver.send("E");
    expect(driver.states()).toEqual(["c"]);
  });
});

describe("rules 4 to 6, conflicts and domains", () => {
  it("compares exit sets, not sources, when one of two transitions leaves nothing", () => {
    const driver = drive({
      initial: "p",
      states: {
        p: {
          type: "parallel",
          states: {
            a: { on: { E: { actions: [{ log: "'stay'" }] } } },
            b: { on: { E: { target: "#out", actions: [{ log: "'go'" }] } } },
          },
        },
        out: { id: "out" },
      },
    });
    driver.send("E");
    expect(driver.states()).toEqual(["out"]);
    expect(logged(driver)).toEqual(["stay", "go"]);
  });

  it("lets the first in document order win when two regions leave the parallel state", () => {
    const driver = drive({
      initial: "p",
      states: {
        p: {
          type: "parallel",
          states: {
            a: { initial: "a1", states: { a1: { on: { E: "#x" } } } },
            b: { initial: "b1", states: { b1: { on: { E: "#y" } } } },
          },
        },
        x: { id: "x" },
        y: { id: "y" },
      },
    });
    driver.send("E");
    expect(driver.states()).toEqual(["x"]);
  });

  it("lets the deeper source win when an automatic transition of an ancestor was found first", () => {
    const driver = drive({
      initial: "p",
      context: { on: false },
      states: {
        p: {
          type: "parallel",
          always: { guard: "context.on", target: "out" },
          on: { E: { actions: [{ assign: { on: "true" } }] } },
          states: {
            a: {},
            b: {
              initial: "b1",
              states: {
                b1: { always: { guard: "context.on", target: "b2", actions: [{ assign: { on: "false" } }] } },
                b2: {},
              },
            },
          },
        },
        out: {},
      },
    });
    driver.send("E");
    expect(driver.states()).toEqual(["p.a", "p.b.b2"]);
  });

  it("skips an ancestor's transition when any region below it has reacted", () => {
    const driver = drive({
      initial: "p",
      states: {
        p: {
          type: "parallel",
          on: { E: { actions: [{ log: "'p'" }] } },
          states: { a: { on: { E: { actions: [{ log: "'a'" }] } } }, b: {} },
        },
      },
    });
    driver.send("E");
    expect(logged(driver)).toEqual(["a"]);
  });

  it("keeps a parallel state active as the domain when one region moves to another's state", () => {
    const driver = drive({
      initial: "p",
      states: {
        p: {
          type: "parallel",
          ...(seen("p") as object),
          states: {
            a: seen("a", { id: "a", on: { E: { target: "#b2" } } }),
            b: seen("b", { initial: "b1", states: { b1: seen("b1"), b2: seen("b2", { id: "b2" }) } }),
          },
        },
      },
    });
    driver.send("E");
    expect(driver.states()).toEqual(["p.a", "p.b.b2"]);
    expect(logged(driver).slice(4)).toEqual(["-b1", "-b", "-a", "+a", "+b", "+b2"]);
  });
});

describe("rules 7 and 8, internal transitions and order", () => {
  const chart = (reenter: boolean): Json => ({
    initial: "a",
    states: {
      a: seen("a", {
        id: "a",
        initial: "b",
        on: { SELF: { target: "#a", reenter, actions: [{ log: "'t'" }] }, DOWN: { target: ".c", reenter } },
        states: { b: seen("b"), c: seen("c") },
      }),
    },
  });

  it("stays in the source when the target is itself or below", () => {
    const driver = drive(chart(false));
    driver.send("DOWN");
    driver.send("SELF");
    expect(logged(driver)).toEqual(["+a", "+b", "-b", "+c", "-c", "t", "+b"]);
  });

  it("leaves and enters the source when the transition says reenter", () => {
    const driver = drive(chart(true));
    driver.send("DOWN");
    driver.send("SELF");
    expect(logged(driver)).toEqual(["+a", "+b", "-b", "-a", "+a", "+c", "-c", "-a", "t", "+a", "+b"]);
  });

  it("shows each assignment to the next action when they run in a row", () => {
    const driver = drive({
      initial: "a",
      context: { n: 1, swap: 2 },
      states: {
        a: {
          exit: [{ assign: { n: "context.n + 1" } }],
          on: {
            E: {
              target: "b",
              actions: [
                { assign: { n: "context.n * 10" } },
                { log: "context.n" },
                { assign: { n: "context.swap", swap: "context.n" } },
              ],
            },
          },
        },
        b: { entry: [{ log: "[context.n, context.swap]" }] },
      },
    });
    driver.send("E");
    expect(logged(driver)).toEqual([20, [2, 20]]);
  });
});

describe("rule 9, in", () => {
  it("sees the configuration state by state when entry and exit actions ask", () => {
    const ask = (name: string): Json => ({
      choose: [
        { guard: { in: "p.a" }, actions: [{ log: `'${name} with a'` }] },
        { actions: [{ log: `'${name}'` }] },
      ],
    });
    const driver = drive({
      initial: "out",
      states: {
        out: { on: { IN: "p" } },
        p: {
          type: "parallel",
          on: { OUT: "out" },
          entry: [ask("+p")],
          exit: [ask("-p")],
          states: { a: {}, b: { entry: [ask("+b")], exit: [ask("-b")] } },
        },
      },
    });
    driver.send("IN");
    driver.send("OUT");
    expect(logged(driver)).toEqual(["+p", "+b with a", "-b with a", "-p"]);
  });
});

describe("rule 10, parallel entry", () => {
  it("enters the other regions by default, with their initial actions, when a target lies inside one", () => {
    const driver = drive({
      initial: "out",
      states: {
        out: { on: { E: { target: "#a2" } } },
        p: {
          type: "parallel",
          states: {
            a: {
              initial: { target: "a1", actions: [{ log: "'a default'" }] },
              states: { a1: {}, a2: { id: "a2" } },
            },
            b: { initial: { target: "b1", actions: [{ log: "'b default'" }] }, states: { b1: {} } },
          },
        },
      },
    });
    driver.send("E");
    expect(driver.states()).toEqual(["p.a.a2", "p.b.b1"]);
    expect(logged(driver)).toEqual(["b default"]);
  });
});

describe("rule 11, history", () => {
  const chart = (history: string): Json => ({
    initial: "a",
    states: {
      a: {
        initial: "b",
        on: { OUT: "out" },
        states: {
          b: {},
          c: { initial: "d", states: { d: {}, e: {} }, on: { E: ".e" } },
          h: { type: "history", history, target: { target: "b", actions: [{ log: "'default'" }] } },
        },
        entry: [{ log: "'+a'" }],
      },
      out: { on: { BACK: "a.h", C: "a.c" } },
    },
  });

  it("remembers the atomic states when it is deep, the children when it is shallow", () => {
    for (const [history, expected] of [
      ["deep", "a.c.e"],
      ["shallow", "a.c.d"],
    ] as const) {
      const driver = drive(chart(history), { persist: true });
      for (const event of ["OUT", "C", "E", "OUT", "BACK"]) driver.send(event);
      expect(driver.states()).toEqual([expected]);
    }
  });

  it("runs its default actions after its parent's entry when it remembers nothing", () => {
    const driver = drive(chart("deep"), { state: "out" });
    driver.send("BACK");
    expect(driver.states()).toEqual(["a.b"]);
    expect(logged(driver)).toEqual(["+a", "default"]);
  });

  it("takes the default of its parent, with its actions, when it has no target of its own", () => {
    const driver = drive({
      initial: "out",
      states: {
        a: {
          initial: { target: "b", actions: [{ log: "'default'" }] },
          entry: [{ log: "'+a'" }],
          states: { b: {}, h: { type: "history" } },
        },
        out: { on: { BACK: "a.h" } },
      },
    });
    driver.send("BACK");
    expect(driver.states()).toEqual(["a.b"]);
    expect(logged(driver)).toEqual(["+a", "default"]);
  });

  it("settles domain and targets before anything is left when a parallel state goes to its own history", () => {
    const driver = drive({
      initial: "p",
      states: {
        p: {
          id: "p",
          type: "parallel",
          on: { AGAIN: { target: "#h", reenter: true }, OUT: "out" },
          states: {
            h: { id: "h", type: "history", history: "deep" },
            a: { initial: "a1", states: { a1: { on: { E: "a2" } }, a2: {} } },
            b: {},
          },
        },
        out: { on: { BACK: "p.h" } },
      },
    });
    for (const event of ["E", "OUT", "BACK"]) driver.send(event);
    expect(driver.states()).toEqual(["p.a.a2", "p.b"]);
    driver.send("AGAIN");
    expect(driver.states()).toEqual(["p.a.a2", "p.b"]);
  });

  it("enters what a history has just recorded when a state that is left and entered again starts with it", () => {
    const driver = drive({
      initial: "a",
      states: {
        a: {
          initial: "h",
          on: { AGAIN: { target: "a", reenter: true } },
          states: {
            h: { type: "history", target: { target: "b", actions: [{ log: "'default'" }] } },
            b: { on: { NEXT: "c" } },
            c: {},
          },
        },
      },
    });
    for (const event of ["NEXT", "AGAIN"]) driver.send(event);
    expect(driver.states()).toEqual(["a.c"]);
    expect(logged(driver)).toEqual(["default"]);
  });

  it("goes to what a history remembered before when a transition leaves its parent and names it", () => {
    const driver = drive({
      initial: "a",
      states: {
        a: {
          initial: "b",
          on: { AGAIN: { target: ".h", reenter: true }, OUT: "out" },
          states: { h: { type: "history", target: "b" }, b: { on: { NEXT: "c" } }, c: { on: { BACK: "b" } } },
        },
        out: { on: { IN: "a.h" } },
      },
    });
    for (const event of ["NEXT", "AGAIN"]) driver.send(event);
    expect(driver.states()).toEqual(["a.b"]);
    for (const event of ["NEXT", "OUT", "IN", "BACK", "AGAIN"]) driver.send(event);
    expect(driver.states()).toEqual(["a.c"]);
  });
});

describe("rule 12, done", () => {
  it("raises done events for the parent, then the parallel state, with the output, when final states are entered", () => {
    const region = (name: string): Json => ({
      initial: "x",
      states: {
        x: { on: { [name]: "end" } },
        end: { type: "final", entry: [{ log: `'+${name}'` }], output: { by: `'${name}'` } },
      },
      onDone: { actions: [{ log: "event.output.by" }] },
    });
    const driver = drive({
      id: "m",
      initial: "p",
      states: {
        p: {
          type: "parallel",
          states: { a: region("A"), b: region("B") },
          onDone: { target: "end", actions: [{ log: "event.type" }] },
        },
        end: { type: "final", output: { n: 7 } },
      },
      exit: [{ log: "'-m'" }],
      output: { result: "event.output.n" },
    });
    driver.send("A");
    driver.send("B");
    expect(logged(driver)).toEqual(["+A", "A", "+B", "B", "xstate.done.state.m.p", "-m"]);
    expect(driver.snapshot).toMatchObject({ status: "done", output: { result: 7 } });
    expect(driver.states()).toEqual(["end"]);
    expect(driver.send("A")).toMatchObject({ kind: "refused", code: "DONE" });
  });

  it("accepts done.state with the id or the path of the state when a transition waits for it", () => {
    for (const descriptor of ["done.state.m.a", "xstate.done.state.m.a", "done.state.a"]) {
      const driver = drive({
        id: "m",
        initial: "a",
        on: { [descriptor]: ".b" },
        states: { a: { initial: "x", states: { x: { type: "final" } } }, b: {} },
      });
      expect(driver.states()).toEqual(["b"]);
    }
  });

  it("ends the machine when all regions of a parallel root are done", () => {
    const driver = drive({
      type: "parallel",
      states: {
        a: { initial: "x", states: { x: { on: { E: "y" } }, y: { type: "final" } } },
        b: { type: "parallel", states: { c: { initial: "z", states: { z: { type: "final" } } } } },
      },
    });
    driver.send("E");
    expect(driver.snapshot.status).toBe("done");
  });

  it("takes the output of the final state for its own when the root has none", () => {
    const driver = drive(
      { initial: "a", states: { a: { type: "final", output: "key" } } },
      { persist: true },
    );
    expect(driver.snapshot.output).toBe("machine:1");
  });

  it("refuses a done event when a client sends it", () => {
    const driver = drive({
      id: "m",
      initial: "a",
      on: { "done.state.m.a": ".b", "*": ".c" },
      states: { a: {}, b: {}, c: {} },
    });
    expect(driver.send("xstate.done.state.m.a")).toMatchObject({ kind: "refused", code: "ILLEGAL" });
  });
});

describe("rule 13, descriptors", () => {
  it.each([
    ["foo", "prefix"],
    ["foo.x", "exact"],
    ["foo.bar.baz", "longer"],
    ["foo.y", "prefix"],
    ["foobar", "any"],
  ])("takes the most specific one when the event is %s", (event, expected) => {
    const to = (name: string): Json => ({ actions: [{ log: `'${name}'` }] });
    const driver = drive({
      initial: "a",
      states: {
        a: { on: { "*": to("any"), "foo.*": to("prefix"), "foo.bar.*": to("longer"), "foo.x": to("exact") } },
      },
    });
    driver.send(event);
    expect(logged(driver)).toEqual([expected]);
  });

  it("tries the next descriptor when the guard of the more specific one is false", () => {
    const driver = drive({
      initial: "a",
      states: { a: { on: { "foo.x": { guard: "false", target: "b" }, "foo.*": "c" } }, b: {}, c: {} },
    });
    driver.send("foo.x");
    expect(driver.states()).toEqual(["c"]);
  });
});

describe("rule 15, guards that fail", () => {
  it("treats a guard as false and says why when it cannot be evaluated", () => {
    const driver = drive({
      initial: "a",
      states: { a: { on: { E: { guard: "event.amount > 1", target: "b" } } }, b: {} },
    });
    expect(driver.send("E")).toMatchObject({
      kind: "refused",
      code: "GUARD",
      message:
        "event 'E' in 'a': event.amount > 1 is false, it cannot be evaluated: event has no field 'amount' at 7; write event.?amount.orValue(…) (event.amount is missing)",
    });
    expect(driver.send("E", { amount: "x" })).toMatchObject({ kind: "refused", code: "GUARD" });
  });

  it("does not hold when a guard that fails is negated, joined or gives no boolean", () => {
    for (const guard of [
      { not: "event.x" },
      { and: ["true", "event.x"] },
      { or: ["false", "event.x"] },
      "event.y",
      { not: { and: ["event.x", "true"] } },
    ]) {
      const driver = drive({ initial: "a", states: { a: { on: { E: { guard, target: "b" } } }, b: {} } });
      expect(driver.send("E", { y: 1 })).toMatchObject({ kind: "refused", code: "GUARD" });
    }
  });

  it("combines guards when they are and, or, not and in", () => {
    const guard = {
      and: [
        { or: ["false", { in: "#a" }] },
        { not: { in: "b" } },
        { not: { or: ["false", "context.n > 5"] } },
      ],
    };
    const driver = drive({
      initial: "a",
      context: { n: 1 },
      states: { a: { id: "a", on: { E: { guard, target: "b" } } }, b: { on: { E: { guard, target: "a" } } } },
    });
    expect(driver.send("E").kind).toBe("moved");
    expect(driver.send("E")).toMatchObject({
      message:
        "event 'E' in 'b': ((false) or (in #a)) and (not (in b)) and (not ((false) or (context.n > 5))) is false (context.n = 1)",
    });
  });
});

describe("rule 19, the budget of one event", () => {
  const costly = "context.l.all(a, context.l.exists(b, b > a || b == 99))";
  const list = Array.from({ length: 100 }, (_, i) => i);

  it("fails the event, naming the budget, when guards in many regions use it up", () => {
    const regions = Object.fromEntries(
      Array.from({ length: 400 }, (_, i) => [`r${i}`, { on: { GO: { guard: `${costly} && ${i} < 0` } } }]),
    );
    const machine = machineOf({ type: "parallel", context: { l: list }, states: regions });
    const started = start(machine, env);
    if (started.kind !== "moved") throw new Error(started.message);
    expect(step(machine, started.snapshot, { type: "GO" }, env)).toMatchObject({
      kind: "failed",
      reason: "the expressions of one event take too many steps or characters in all",
    });
  });

  it("fails the event when guards use it up after the transition", () => {
    const always = Array.from({ length: 400 }, (_, i) => ({ guard: `${costly} && ${i} < 0`, target: "c" }));
    const machine = machineOf({
      initial: "a",
      context: { l: list },
      states: { a: { on: { GO: "b" } }, b: { always }, c: {} },
    });
    const started = start(machine, env);
    if (started.kind !== "moved") throw new Error(started.message);
    expect(step(machine, started.snapshot, { type: "GO" }, env)).toMatchObject({ kind: "failed" });
  });
});
