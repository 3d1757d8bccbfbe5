import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/base/json.ts";
import { explain, next } from "../../src/engine/explain.ts";
import { graph as draw, type GraphFormat, transitionMap } from "../../src/engine/graph.ts";
import type { Machine } from "../../src/engine/machine.ts";
import { start, step } from "../../src/engine/step.ts";
import type { Env, Snapshot } from "../../src/engine/types.ts";
import { configOf, OURS } from "./support/chart-dialects.ts";
import { drive, machineOf } from "./support/driver.ts";
import { chartFrom, EVENTS } from "./support/random-chart.ts";

const env: Env = { now: 0, key: "k" };

const order: Json = {
  id: "order",
  initial: "new",
  context: { paid: 0, total: 100 },
  states: {
    new: {
      on: {
        PAY: { target: "paid", guard: "event.amount >= context.total" },
        CANCEL: "cancelled",
        LOOK: { actions: [] },
      },
      defer: ["SHIP"],
    },
    paid: {
      on: {
        SHIP: [
          { target: "shipped", guard: "context.paid > 0" },
          { target: "cancelled", guard: "key == ''" },
        ],
      },
      after: { "72h": "cancelled" },
    },
    shipped: { type: "final" },
    cancelled: { type: "final", description: "given up", meta: { color: "red" } },
  },
  on: {
    PAY: { actions: [{ log: "'late'" }], guard: "data != null && event.type == 'PAY'" },
    "*": ".cancelled",
  },
};

describe("next()", () => {
  it("lists accepted events with targets and verdicts, innermost first", () => {
    const driver = drive(order);
    expect(next(driver.machine, driver.snapshot, env)).toEqual([
      {
        event: "PAY",
        holds: null,
        transitions: [
          { state: "new", targets: ["paid"], guard: "event.amount >= context.total", holds: null },
          { state: "", targets: [], guard: "data != null && event.type == 'PAY'", holds: null },
        ],
      },
      { event: "CANCEL", holds: true, transitions: [{ state: "new", targets: ["cancelled"], holds: true }] },
      { event: "LOOK", holds: true, transitions: [{ state: "new", targets: [], holds: true }] },
      { event: "*", holds: true, transitions: [{ state: "", targets: ["cancelled"], holds: true }] },
    ]);
  });

  it("says that no guard holds when all are false, and nothing when the machine is done", () => {
    const driver = drive(order, { state: "paid" });
    expect(next(driver.machine, driver.snapshot, env)[0]).toMatchObject({ event: "SHIP", holds: false });
    driver.send("STOP");
    expect(next(driver.machine, driver.snapshot, env)).toEqual([]);
  });
});

describe("explain()", () => {
  it("shows candidates with guards, values and outcomes in the order they are tried", () => {
    const driver = drive(order);
    const why = explain(driver.machine, driver.snapshot, { type: "PAY", data: { amount: 42 } }, env);
    expect(why.states).toEqual(["new"]);
    expect(why.candidates.map(({ state, event, outcome }) => [state, event, outcome])).toEqual([
      ["new", "PAY", "closed"],
      ["", "PAY", "taken"],
      ["", "*", "shadowed"],
    ]);
    expect(why.candidates[0]?.verdict).toEqual({
      state: "new",
      guard: "event.amount >= context.total",
      holds: false,
      reads: [
        { path: "event.amount", value: 42 },
        { path: "context.total", value: 100 },
      ],
    });
    expect(why.result.kind).toBe("moved");
  });

  it("names the states that keep the event when it is deferred", () => {
    const driver = drive(order);
    expect(explain(driver.machine, driver.snapshot, { type: "SHIP" }, env)).toMatchObject({
      deferredBy: ["new"],
      candidates: [{ event: "*", outcome: "shadowed" }],
      result: { kind: "deferred" },
    });
  });

  it("has no candidates when the machine is done or the event is the machine's own", () => {
    const driver = drive(order);
    expect(explain(driver.machine, driver.snapshot, { type: "xstate.x" }, env)).toMatchObject({
      candidates: [],
      result: { code: "ILLEGAL" },
    });
    driver.send("CANCEL");
    expect(explain(driver.machine, driver.snapshot, { type: "PAY" }, env)).toMatchObject({
      candidates: [],
      result: { code: "DONE" },
    });
  });

  it("shortens values in messages, not in the list of values", () => {
    const driver = drive({
      initial: "a",
      context: { s: "x".repeat(500) },
      states: { a: { on: { E: { guard: "context.s == ''", target: "b" } } }, b: {} },
    });
    const result = driver.send("E");
    expect(result.kind === "refused" && result.message.length).toBeLessThan(200);
    expect(result.kind === "refused" && result.guards[0]?.reads[0]?.value).toHaveLength(500);
  });

  it("counts accepted events when there are too many to list", () => {
    const on = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`E${i}`, "a"]));
    const result = drive({ initial: "a", states: { a: { on } } }).send("X");
    expect(result.kind === "refused" && result.message).toMatch(/E19, … \(30\)$/);
  });
});

describe("random charts and events", () => {
  const charts = fc.array(fc.nat(1000), { minLength: 60, maxLength: 300, size: "max" });
  const events = fc.array(fc.constantFrom(...EVENTS), { minLength: 1, maxLength: 8 });

  function walk(
    numbers: readonly number[],
    names: readonly string[],
    visit: (snapshot: Snapshot, event: string) => Snapshot,
  ): void {
    const machine = machineOf(configOf(chartFrom(numbers), OURS));
    const started = start(machine, env);
    if (started.kind !== "moved") return;
    let { snapshot } = started;
    for (const event of names) snapshot = visit(snapshot, event);
  }

  it("are explained as they happen: taken candidates are the first transitions of the step", () => {
    fc.assert(
      fc.property(charts, events, (numbers, names) => {
        const machine = machineOf(configOf(chartFrom(numbers), OURS));
        walk(numbers, names, (snapshot, event) => {
          const why = explain(machine, snapshot, { type: event }, env);
          const result = step(machine, snapshot, { type: event }, { ...env, trace: true });
          expect(why.result).toEqual(result.kind === "moved" ? { ...result, trace: [] } : result);
          const taken = why.candidates
            .filter(({ outcome }) => outcome === "taken")
            .map(({ state, event: name }) => `${state} ${name}`);
          const first = result.kind === "moved" ? (result.trace[0]?.transitions ?? []) : [];
          expect(new Set(taken)).toEqual(
            new Set(first.map(({ source, descriptor }) => `${machine.states[source]?.path} ${descriptor}`)),
          );
          return result.kind === "moved" ? result.snapshot : snapshot;
        });
      }),
      { numRuns: 60 },
    );
  });

  it("give the same result again, from a frozen snapshot, on a machine compiled anew", () => {
    fc.assert(
      fc.property(charts, events, (numbers, names) => {
        const config = configOf(chartFrom(numbers), OURS);
        const machine = machineOf(config);
        walk(numbers, names, (snapshot, event) => {
          for (const part of [snapshot, snapshot.configuration, snapshot.context, snapshot.timers])
            Object.freeze(part);
          const once = step(machine, snapshot, { type: event }, env);
          expect(step(machineOf(config), snapshot, { type: event }, env)).toEqual(once);
          return once.kind === "moved" ? once.snapshot : snapshot;
        });
      }),
      { numRuns: 40 },
    );
  });

  it("keep the configuration legal: one child of each compound state, all of each parallel one", () => {
    fc.assert(
      fc.property(charts, events, (numbers, names) => {
        const machine = machineOf(configOf(chartFrom(numbers), OURS));
        walk(numbers, names, (snapshot, event) => {
          const active = new Set(snapshot.configuration);
          expect(snapshot.configuration).toEqual([...active].sort((a, b) => a - b));
          for (const index of active) {
            const state = machine.states[index];
            const count = state?.children.filter((child) => active.has(child)).length;
            expect(count).toBe(
              state?.kind === "compound" ? 1 : state?.kind === "parallel" ? state.children.length : 0,
            );
          }
          const result = step(machine, snapshot, { type: event }, env);
          return result.kind === "moved" ? result.snapshot : snapshot;
        });
      }),
      { numRuns: 60 },
    );
  });
});

function graph(machine: Machine, format: GraphFormat): string {
  const drawing = draw(machine, format);
  if (!drawing.ok) throw new Error(drawing.reason);
  return drawing.text;
}

describe("graph()", () => {
  it("refuses a drawing that would be too long, and a map with too many targets, without writing them", () => {
    const names = Array.from({ length: 1000 }, (_, index) => `s${index}`);
    const machine = machineOf({
      initial: "s0",
      on: Object.fromEntries(names.map((name) => [`E${name}`, `.${name}`])),
      states: Object.fromEntries(names.map((name) => [name, {}])),
    });
    const reason = "the drawing would take more than 4000000 characters";
    expect(draw(machine, "mermaid")).toEqual({ ok: false, reason });
    expect(draw(machine, "dot")).toEqual({ ok: false, reason });
    expect(draw(machine, "json").ok).toBe(true);
    expect(draw(machine, "json", 1000).ok).toBe(false);
    expect(transitionMap(machine)).toBeUndefined();
  });

  const chart: Json = {
    id: 'g "x"',
    initial: "a",
    on: { STOP: ".z" },
    states: {
      a: {
        initial: "b",
        states: { b: { on: { E: { target: "#p", guard: "context.n > 1; true" } } }, h: { history: "deep" } },
        onDone: "z",
      },
      p: { id: "p", type: "parallel", states: { x: {}, y: { on: { BACK: "#(m).h" } } }, after: { 5: "z" } },
      z: { type: "final", description: "the end", meta: 1, tags: "end" },
    },
  };
  const machine = machineOf(
    JSON.parse(
      JSON.stringify(chart)
        .replace("#(m).h", '#g \\"x\\".a.h')
        .replace("context.n > 1; true", "context.n > 1"),
    ) as Json,
  );

  it("draws Mermaid", () => {
    expect(graph(machine, "mermaid")).toBe(
      [
        "stateDiagram-v2",
        "  [*] --> s1",
        '  state "a" as s1 {',
        "    [*] --> s2",
        '    state "b" as s2',
        '    state "h (H*)" as s3',
        "  }",
        '  state "p" as s4 {',
        '    state "x" as s5',
        "    --",
        '    state "y" as s6',
        "  }",
        '  state "z" as s7',
        "  s7 --> [*]",
        "  s1 --> s7 : STOP",
        "  s4 --> s7 : STOP",
        "  s1 --> s7 : done",
        "  s2 --> s4 : E [context.n > 1]",
        "  s4 --> s7 : after 5",
        "  s6 --> s3 : BACK",
        "",
      ].join("\n"),
    );
  });

  it("draws a parallel root as a state with regions, which Mermaid knows within states only", () => {
    const regions = machineOf({
      id: "m",
      type: "parallel",
      states: { x: {}, y: {} },
      on: { E: { target: ".x" } },
    });
    expect(graph(regions, "mermaid").split("\n").slice(1, 6)).toEqual([
      '  state "m" as s0 {',
      '    state "x" as s1',
      "    --",
      '    state "y" as s2',
      "  }",
    ]);
  });

  it("lets arrows of Graphviz within a composite state end at its states", () => {
    const inside = machineOf({
      initial: "a",
      states: { a: { initial: "x", states: { x: { on: { UP: "#a" } }, y: {} }, id: "a", on: { Y: ".y" } } },
    });
    expect(graph(inside, "dot")).toContain('n2 -> n3 [label="Y"];');
    expect(graph(inside, "dot")).toContain('n2 -> n2 [label="UP"];');
  });

  it("draws Graphviz", () => {
    const text = graph(machine, "dot");
    expect(text).toContain('digraph "g \\"x\\"" {');
    expect(text).toContain('n2 -> n5 [label="E [context.n > 1]", lhead=cluster_4];');
    expect(text).toContain('n2 -> n7 [label="done", ltail=cluster_1];');
    expect(text).toContain('n3 [label="H*", shape=circle];');
  });

  it("writes JSON", () => {
    const json = JSON.parse(graph(machine, "json")) as { states: object[]; transitions: object[] };
    expect(json.states[3]).toMatchObject({ path: "a.h", type: "history", history: "deep", parent: "a" });
    expect(json.states[7]).toMatchObject({ path: "z", description: "the end", meta: 1, tags: ["end"] });
    expect(json.transitions).toContainEqual({ from: "a.b", to: ["p"], event: "E", guard: "context.n > 1" });
  });

  it("labels automatic transitions and shallow histories when there are any", () => {
    const other = machineOf({
      initial: "a",
      states: {
        a: {
          initial: "b",
          states: { b: {}, h: { type: "history" } },
          always: { guard: "false", target: "c", description: "never: really" },
        },
        c: { on: { "x:y": { actions: [] }, B: "a.h" } },
      },
    });
    expect(graph(other, "mermaid")).toContain("s1 --> s4 : always [false]");
    expect(graph(other, "dot")).toContain('label="H"');
    expect(graph(other, "json")).toContain('"description":"never: really"');
  });
});

describe("transitionMap()", () => {
  it("maps each state to what it or its ancestors can reach", () => {
    expect(transitionMap(machineOf(order))).toEqual([
      ["new", ["paid", "cancelled"]],
      ["paid", ["shipped", "cancelled"]],
      ["shipped", []],
      ["cancelled", []],
    ]);
  });

  it("gives back the map when the machine was one", () => {
    expect(transitionMap(machineOf({ initial: "a", map: { a: ["b", "c"], b: [] } }))).toEqual([
      ["a", ["b", "c"]],
      ["b", []],
      ["c", []],
    ]);
  });
});
