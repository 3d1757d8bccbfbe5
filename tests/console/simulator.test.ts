/** The simulator of the console: the engine of the server, played through without it. */
import { describe, expect, test } from "vitest";
import { forked } from "../../src/console/fork.ts";
import { lineOf } from "../../src/console/lines.ts";
import { accepted, played, read, started, testOf } from "../../src/console/simulator.ts";
import type { Machine } from "../../src/engine/machine.ts";

const ORDER = {
  id: "order",
  initial: "new",
  context: { paid: 0 },
  states: {
    new: {
      on: {
        PAY: { target: "paid", guard: "event.amount > 0", actions: [{ assign: { paid: "event.amount" } }] },
      },
    },
    paid: {
      initial: "waiting",
      entry: [{ task: "pack" }],
      after: { "1h": "late" },
      states: { waiting: { defer: ["RATE"], on: { SHIP: "#order.shipped" } } },
    },
    late: {},
    shipped: { on: { RATE: "done" } },
    done: { type: "final" },
  },
};

function machineOf(document: unknown): Machine {
  const { machine, findings } = read(JSON.stringify(document));
  if (machine === undefined) throw new Error(JSON.stringify(findings));
  return machine;
}

describe("a simulated machine", () => {
  const machine = machineOf(ORDER);

  test("accepts events, lists their effects, and refuses with the reason", () => {
    const first = started(machine, 0);
    expect(accepted(machine, first).map(({ event }) => event)).toEqual(["PAY"]);
    const refused = played(machine, first, { kind: "send", event: "PAY", data: { amount: 0 } });
    expect([refused.states, refused.refused]).toEqual([["new"], expect.stringMatching(/^GUARD/)]);
    const paid = played(machine, refused, { kind: "send", event: "PAY", data: { amount: 5 } });
    expect(paid).toMatchObject({ states: ["paid.waiting"], told: ["gives the task pack "] });
    expect(paid.situation.snapshot.context).toEqual({ paid: 5 });
  });

  test("keeps an event for the state that accepts it, and fires timers when time passes", () => {
    let frame = played(machine, started(machine, 0), { kind: "send", event: "PAY", data: { amount: 5 } });
    frame = played(machine, frame, { kind: "send", event: "RATE" });
    expect(frame.told).toEqual(["the event waits until a state takes it"]);
    expect(played(machine, frame, { kind: "send", event: "SHIP" }).states).toEqual(["done"]);
    expect(played(machine, frame, { kind: "wait", ms: 3_600_000 }).states).toEqual(["late"]);
  });

  test("continues from a machine of the server, with its timers, and runs no entry action", () => {
    const timers = [{ id: "#1", event: "xstate.after.1h.order.paid", due: 5000 }];
    const origin = {
      history: [],
      status: "active",
      states: ["paid.waiting"],
      context: { paid: 9 },
      timers,
      children: [],
    };
    const frame = forked(machine, 1000, origin);
    if (frame === undefined) throw new Error("the states are those of the definition");
    expect(frame).toMatchObject({ states: ["paid.waiting"], told: [] });
    expect(played(machine, frame, { kind: "wait", ms: 4000 }).states).toEqual(["late"]);
    expect(forked(machine, 1000, { ...origin, states: ["gone"] })).toBeUndefined();
  });

  test("is saved as a test that detent test reads", () => {
    const first = started(machine, 0);
    const paid = played(machine, first, { kind: "send", event: "PAY", data: { amount: 5 } });
    const late = played(machine, paid, { kind: "wait", ms: 3_600_000 });
    expect(JSON.parse(testOf("order.json", [first, paid, late]))).toEqual({
      definition: "order.json",
      key: "try",
      tests: [
        {
          name: "a session of the console",
          steps: [
            JSON.parse('{"when":{"send":"PAY","data":{"amount":5}},"then":{"states":["paid.waiting"]}}'),
            JSON.parse('{"when":{"wait":"3600000ms"},"then":{"states":["late"]}}'),
          ],
        },
      ],
    });
  });
});

test("faults of a definition are shown at their lines", () => {
  const text = '{\n  "initial": "a",\n  "states": {\n    "a": {\n      "on": { "GO": "b" }\n    }\n  }\n}\n';
  const [finding] = read(text).findings;
  expect(finding).toMatchObject({ severity: "error", path: "$.states.a.on.GO" });
  expect(lineOf(text, "$.states.a.on.GO")).toBe(5);
  expect(lineOf(text, "$.states.a.on.GO.target")).toBe(5);
  expect(lineOf(text, "$.nothing")).toBe(1);
  expect(lineOf("{", "$.a")).toBe(1);
  expect(read("{").findings).toHaveLength(1);
});
