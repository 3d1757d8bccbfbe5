/** Timers, deferral, effects and the forms of definitions: what a caller builds commands on. */
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/base/json.ts";
import { snapshotFromJson, snapshotToJson } from "../../src/engine/snapshot.ts";
import { deliver, findState, fire, isActive, recall, start, step } from "../../src/engine/step.ts";
import type { Env, Snapshot } from "../../src/engine/types.ts";
import { drive, machineOf } from "./support/driver.ts";

const env: Env = { now: 1000, key: "k" };

describe("after", () => {
  const waiting = {
    initial: "a",
    constants: { grace: "1s" },
    states: {
      a: {
        after: { "5s": "b", "constants.grace": { guard: "false", target: "b" } },
        on: { GO: "b", SELF: { target: "a", reenter: true } },
      },
      b: {},
    },
  };

  it("fires at its time, and its event is dropped when no transition accepts it", () => {
    const driver = drive(waiting, { persist: true });
    expect(driver.snapshot.timers.map(({ deadlineMs }) => deadlineMs - driver.now())).toEqual([5000, 1000]);
    driver.advance(4999);
    expect(driver.states()).toEqual(["a"]);
    expect(driver.snapshot.timers).toHaveLength(1);
    driver.advance(1);
    expect(driver.states()).toEqual(["b"]);
    expect(driver.snapshot.timers).toEqual([]);
  });

  it("is cancelled when its state is left, and a stale one does nothing", () => {
    const driver = drive(waiting);
    const [stale] = driver.snapshot.timers;
    driver.send("SELF");
    expect(driver.effects.filter(({ kind }) => kind === "disarm")).toHaveLength(2);
    expect(driver.snapshot.timers.map(({ seq }) => seq)).toEqual([3, 4]);
    expect(fire(driver.machine, driver.snapshot, stale?.seq ?? 0, env)).toEqual({
      kind: "ignored",
      snapshot: driver.snapshot,
    });
  });

  it("fires equal deadlines in the order of creation when there are several", () => {
    const log = (text: string): Json => ({ actions: [{ log: `'${text}'` }] });
    const driver = drive({
      type: "parallel",
      states: {
        x: { after: { 10: log("x") } },
        y: { after: { "10ms": log("y") } },
        z: { entry: [{ raise: { event: "Z", delay: 10 } }], on: { Z: log("z") } },
      },
    });
    driver.advance(10);
    expect(driver.effects.flatMap((effect) => (effect.kind === "log" ? [effect.value] : []))).toEqual([
      "x",
      "y",
      "z",
    ]);
  });

  it.each([
    ["a number below zero", -5, 0],
    ["zero", 0, 0],
    ["a text below zero", "-5m", 0],
    ["a duration of ISO 8601", "PT1H30M", 5_400_000],
    ["days of ISO 8601", "P1DT0.5S", 86_400_500],
    ["a point in time", new Date(1_060_000).toISOString(), 60_000],
    ["a point in time with an offset", "1970-01-01T02:00:00+02:00", 0],
    ["a point in time that has passed", "1970-01-01T00:00:00Z", 0],
  ])("is due in time when the delay is %s", (_, wait, ms) => {
    const definition = {
      initial: "a",
      states: {
        a: { on: { GO: "b" } },
        b: { entry: { raise: { event: "LATER", delay: "event.wait" } }, after: { "event.wait": "c" } },
        c: {},
      },
    };
    const driver = drive(definition, { persist: true });
    expect(driver.send("GO", { wait }).kind).toBe("moved");
    const waits = driver.snapshot.timers.map(({ deadlineMs }) => deadlineMs - driver.now());
    // A raise without delay is delivered by the caller and has no timer.
    expect(waits).toEqual(ms === 0 ? [0] : [ms, ms]);
    driver.advance(ms);
    expect(driver.states()).toEqual(["c"]);
  });

  it("counts up to a point in time that the definition names", () => {
    const driver = drive({
      initial: "a",
      states: { a: { after: { "1970-01-01T00:16:41Z": "b" } }, b: {} },
    });
    driver.advance(999);
    expect(driver.states()).toEqual(["a"]);
    driver.advance(1);
    expect(driver.states()).toEqual(["b"]);
  });

  it("fails the event when the delay is not a length of time", () => {
    const driver = drive({
      initial: "a",
      states: { a: { on: { GO: "b" } }, b: { after: { "event.wait": "a" } } },
    });
    expect(driver.send("GO", { wait: "soon" })).toMatchObject({
      kind: "failed",
      reason:
        '$.states.b.after["event.wait"]: the delay is "soon", which is not a length of time: milliseconds, a string such as "30s", "72h", "7d" or "PT72H", a point in time ("2027-01-01T00:00:00Z"), or an expression for one of these',
    });
    expect(driver.send("GO", { wait: true })).toMatchObject({ kind: "failed" });
    expect(driver.send("GO")).toMatchObject({
      kind: "failed",
      reason:
        "$.states.b.after[\"event.wait\"]: event has no field 'wait' at 7; write event.?wait.orValue(…)",
    });
    expect(driver.send("GO", { wait: 5 }).kind).toBe("moved");
  });

  it("fails without the timer when its event cannot be carried out", () => {
    const driver = drive({
      initial: "a",
      states: { a: { after: { 10: { target: "b", actions: [{ log: "context.missing" }] } } }, b: {} },
    });
    const [timer] = driver.snapshot.timers;
    const result = fire(driver.machine, driver.snapshot, timer?.seq ?? 0, env);
    expect(result).toMatchObject({ kind: "failed", snapshot: { timers: [] } });
  });
});

describe("raise, send and cancel", () => {
  const machine = {
    initial: "a",
    context: { to: "order:2" },
    states: {
      a: {
        on: {
          ARM: {
            actions: [
              { raise: { event: "LATER", delay: "1m", id: "reminder", data: { n: "event.n" } } },
              { send: { to: "context.to", event: "PING", delay: "constants.d", id: "ping", data: ["key"] } },
            ],
          },
          DISARM: { actions: [{ cancel: "reminder" }, { cancel: "nobody" }] },
          LATER: { target: "b", actions: [{ log: "event.n" }] },
          NOW: {
            actions: [
              { send: { to: "'order:3'", event: "PING", id: "p", data: "now" } },
              { send: { to: "'order:4'", event: "PING" } },
            ],
          },
          BAD: { actions: [{ send: { to: "now", event: "PING" } }] },
          OUT: {
            actions: [
              { emit: "plain" },
              { emit: { event: "full", data: { k: "key" } } },
              { task: "call", input: { k: "key" }, done: "OK", failed: "KO", timeout: "30s", attempts: 3 },
              { task: "bare" },
              { raise: { event: "SELF", delay: 0, data: 1 } },
              { raise: { event: "SELF", delay: 0 } },
            ],
          },
        },
      },
      b: {},
    },
    constants: { d: 5000 },
  };

  it("deliver later, with data, when they have a delay", () => {
    const driver = drive(machine, { persist: true });
    driver.send("ARM", { n: 7 });
    expect(driver.snapshot.timers).toEqual([
      {
        seq: 1,
        deadlineMs: driver.now() + 60_000,
        kind: "raise",
        event: "LATER",
        data: { n: 7 },
        id: "reminder",
      },
      {
        seq: 2,
        deadlineMs: driver.now() + 5000,
        kind: "send",
        event: "PING",
        to: "order:2",
        data: ["machine:1"],
        id: "ping",
      },
    ]);
    driver.advance(60_000);
    expect(driver.states()).toEqual(["b"]);
    expect(driver.effects.slice(2)).toEqual([
      { kind: "send", to: "order:2", event: "PING", data: ["machine:1"], id: "ping" },
      { kind: "log", value: 7 },
    ]);
  });

  it("drop a delayed event when it is cancelled", () => {
    const driver = drive(machine);
    driver.send("ARM", { n: 7 });
    driver.send("DISARM");
    expect(driver.snapshot.timers.map(({ id }) => id)).toEqual(["ping"]);
  });

  it("are effects when they happen at once", () => {
    const driver = drive(machine, { now: 5 });
    driver.send("NOW");
    driver.send("OUT");
    expect(driver.effects).toEqual([
      { kind: "send", to: "order:3", event: "PING", data: 5, id: "p" },
      { kind: "send", to: "order:4", event: "PING" },
      { kind: "emit", event: "plain" },
      { kind: "emit", event: "full", data: { k: "machine:1" } },
      {
        kind: "task",
        task: "call",
        input: { k: "machine:1" },
        done: "OK",
        failed: "KO",
        timeoutMs: 30_000,
        attempts: 3,
      },
      { kind: "task", task: "bare" },
      { kind: "raise", event: "SELF", data: 1 },
      { kind: "raise", event: "SELF" },
    ]);
  });

  it("fail the event when the key to send to is not a string", () => {
    expect(drive(machine).send("BAD")).toMatchObject({
      kind: "failed",
      reason: "$.states.a.on.BAD.actions[0]: the key to send to must be a string, this is 1000000",
    });
  });
});

describe("deferral", () => {
  const order: Json = {
    initial: "new",
    states: {
      new: { on: { PAY: "paid" }, defer: ["SHIP", "NOTE.*"] },
      paid: { on: { SHIP: "shipped" } },
      shipped: { on: { "NOTE.x": { actions: [{ log: "event.n" }] } } },
    },
  };

  it("keeps events in order until a state accepts them", () => {
    const driver = drive(order, { persist: true });
    for (const [type, data] of [
      ["NOTE.x", { n: 1 }],
      ["SHIP", {}],
      ["NOTE.x", { n: 2 }],
    ] as const)
      expect(driver.send(type, data).kind).toBe("deferred");
    driver.send("PAY");
    expect(driver.states()).toEqual(["shipped"]);
    expect(driver.effects).toEqual([
      { kind: "log", value: 1 },
      { kind: "log", value: 2 },
    ]);
    expect(driver.inbox).toEqual([]);
  });

  it("comes before an ancestor's transition and after a state's own when both know the event", () => {
    const chart = {
      initial: "a",
      on: { E: ".c", F: ".c" },
      states: { a: { defer: ["E", "F"], on: { F: "b" } }, b: { defer: ["*"] }, c: {} },
    };
    const driver = drive(chart);
    expect(driver.send("E").kind).toBe("deferred");
    expect(driver.send("F").kind).toBe("moved");
    expect(driver.send("ANY").kind).toBe("deferred");
  });

  it("follows unmatched when no state says otherwise", () => {
    for (const [unmatched, kind] of [
      ["reject", "refused"],
      ["defer", "deferred"],
      ["ignore", "ignored"],
    ] as const) {
      const driver = drive({
        unmatched,
        initial: "a",
        states: { a: { on: { G: { guard: "false", target: "b" } } }, b: {} },
      });
      expect(driver.send("X").kind).toBe(kind);
      expect(driver.send("G").kind).toBe(kind);
      expect(deliver(driver.machine, driver.snapshot, { event: { type: "X" }, env }).kind).toBe(
        unmatched === "defer" ? "deferred" : "ignored",
      );
    }
  });

  it("recalls nothing when the machine is done", () => {
    const machine = machineOf({ initial: "a", on: { E: ".a" }, states: { a: { type: "final" } } });
    const started = start(machine, env);
    expect(started.kind).toBe("moved");
    if (started.kind !== "moved") return;
    expect(recall(machine, started.snapshot, [{ type: "E" }], env)).toBeUndefined();
    expect(deliver(machine, started.snapshot, { event: { type: "E" }, env }).kind).toBe("ignored");
  });
});

describe("start()", () => {
  const chart: Json = {
    id: "m",
    context: { a: 1, b: { c: 2 } },
    initial: "x",
    states: { x: {}, y: { initial: "z", states: { z: { id: "zed" }, h: { type: "history" } } } },
  };

  it("starts in the state and with the context given", () => {
    const machine = machineOf(chart);
    for (const state of ["y", "y.z", "zed", "#zed", "m.y"]) {
      const started = start(machine, env, { states: [state], context: { b: 3, d: 4 } });
      expect(started).toMatchObject({ kind: "moved", snapshot: { context: { a: 1, b: 3, d: 4 } } });
      expect(started.kind === "moved" && isActive(machine, started.snapshot, "y.z")).toBe(true);
    }
  });

  it("refuses a state that is not there, a history and the root", () => {
    const machine = machineOf(chart);
    for (const state of ["nowhere", "y.h", "m", ""])
      expect(start(machine, env, { states: [state] })).toMatchObject({
        kind: "refused",
        code: "NOSTATE",
        message: expect.stringContaining(`there is no state '${state}' to start in`),
      });
    expect(findState(machine, "y.h")).toBeUndefined();
  });

  it("fails when an entry action fails", () => {
    const machine = machineOf({ initial: "a", states: { a: { entry: [{ log: "context.x" }] } } });
    expect(start(machine, env)).toMatchObject({
      kind: "failed",
      message:
        "the machine cannot start: $.states.a.entry[0]: context has no field 'x' at 9; write context.?x.orValue(…)",
    });
  });
});

describe("assign", () => {
  it("changes places in objects and lists, and reports what differs", () => {
    const driver = drive({
      initial: "a",
      context: { o: { k: 1 }, l: [1, { x: 2 }], same: 5, n: null },
      states: {
        a: {
          on: {
            E: {
              actions: [
                {
                  assign: {
                    "o.k": 2,
                    "o.new.deep": "'t'",
                    "l.0": 9,
                    "l.1.x": "context.l[0]",
                    "l.2": "'end'",
                    same: 5,
                    "n.x": true,
                    whole: { lit: "key", list: [1, "1 + 1"] },
                  },
                },
              ],
            },
            DEL: { actions: [{ assign: { o: null } }] },
          },
        },
      },
    });
    const result = driver.send("E");
    expect(driver.snapshot.context).toEqual({
      o: { k: 2, new: { deep: "t" } },
      l: [9, { x: 1 }, "end"],
      same: 5,
      n: { x: true },
      whole: { lit: "machine:1", list: [1, 2] },
    });
    expect(result.kind === "moved" && result.changes.map(({ path }) => path)).toEqual([
      "o.k",
      "o.new.deep",
      "l.0",
      "l.1.x",
      "l.2",
      "n.x",
      "whole",
    ]);
  });

  it("fails the event when there is nothing to hold the value", () => {
    const reasons = {
      "s.x": 'context.s is a string ("text") and holds no values',
      "l.5": "context.l has 1 item; 5 is beyond it",
      "l.x": 'context.l is a list, and "x" is not an index of one',
      "l.0.y": "context.l.0 is a number (1) and holds no values",
      "s.x.y": 'context.s is a string ("text") and holds no values',
    };
    for (const [path, reason] of Object.entries(reasons)) {
      const driver = drive({
        initial: "a",
        context: { s: "text", l: [1] },
        states: { a: { on: { E: { actions: [{ assign: { [path]: 1 } }] } } } },
      });
      expect(driver.send("E")).toMatchObject({
        kind: "failed",
        reason: `$.states.a.on.E.actions[0]: ${reason}`,
      });
    }
  });

  it("reports the last value, or nothing where a later one removed the place", () => {
    const driver = drive({
      initial: "a",
      context: { o: { k: 1 } },
      states: {
        a: {
          on: {
            E: { actions: [{ assign: { "o.k": 2 } }, { assign: { "o.k": 3 } }] },
            F: { actions: [{ assign: { "o.z": 2 } }, { assign: { o: 5 } }] },
            L: { actions: [{ assign: { o: [1] } }, { assign: { "o.1": 2 } }] },
          },
        },
      },
    });
    expect(driver.send("E")).toMatchObject({ changes: [{ path: "o.k", value: 3 }] });
    expect(driver.send("L")).toMatchObject({
      changes: [
        { path: "o", value: [1, 2] },
        { path: "o.1", value: 2 },
      ],
    });
    expect(
      drive({
        initial: "a",
        context: { o: {} },
        states: { a: { on: { F: { actions: [{ assign: { "o.z": 2 } }, { assign: { o: 5 } }] } } } },
      }).send("F"),
    ).toMatchObject({ changes: [{ path: "o", value: 5 }] });
  });

  it("fails the event when a result is larger than the bound", () => {
    const machine = machineOf({
      initial: "a",
      context: { l: [1, 2] },
      states: { a: { on: { E: { actions: [{ assign: { l: "context.l + context.l" } }] } } } },
    });
    const started = start(machine, env);
    let snapshot: Snapshot | undefined = started.kind === "moved" ? started.snapshot : undefined;
    let kind = "moved";
    for (let i = 0; i < 12 && snapshot !== undefined && kind === "moved"; i++) {
      const result = step(
        machine,
        snapshot,
        { type: "E" },
        { ...env, limits: { microstepsMax: 10, resultSizeMax: 500 } },
      );
      kind = result.kind;
      if (result.kind === "moved") snapshot = result.snapshot;
      else
        expect(result).toMatchObject({
          kind: "failed",
          reason: "$.states.a.on.E.actions[0]: the result is larger than 500 characters",
        });
    }
    expect(kind).toBe("failed");
  });
});

describe("the older forms", () => {
  it("run in the same engine, an event named after its target, when it is a map", () => {
    const driver = drive(
      { initial: "new", map: { new: ["paid", "*.odd"], paid: ["new", "paid"], "*.odd": [] } },
      { persist: true },
    );
    expect(driver.send("shipped")).toMatchObject({
      kind: "refused",
      message: "event 'shipped' is not accepted in 'new'; accepted: paid, *.odd",
    });
    driver.send("paid");
    driver.send("paid");
    driver.send("new");
    driver.send("*.odd");
    expect(driver.states()).toEqual(["*.odd"]);
    expect(driver.send("x")).toMatchObject({
      message: "event 'x' is not accepted in '*.odd'; accepted: none",
    });
  });

  it("take the first match in list order when it is a list of transitions", () => {
    const driver = drive({
      name: "door",
      version: "1",
      states: ["open", "shut", "locked"],
      transitions: [
        { from: "open", to: "shut", event: "push" },
        { from: "open", to: "locked", event: "push" },
        { from: "shut", to: "open", event: "push" },
      ],
      starting_state: "open",
    });
    driver.send("push");
    expect(driver.states()).toEqual(["shut"]);
  });
});

describe("snapshotFromJson()", () => {
  const machine = machineOf({
    initial: "a",
    context: {},
    states: {
      a: { on: { P: "p" }, after: { 10: "p" } },
      p: {
        type: "parallel",
        on: { A: "a" },
        states: { x: { initial: "x1", states: { x1: {}, x2: {} } }, y: {}, h: { type: "history" } },
      },
    },
  });
  const good = { c: [1], x: {}, s: 2, t: [{ seq: 1, deadlineMs: 5, kind: "after", event: "e", state: 1 }] };

  it("reads back what was written", () => {
    const read = snapshotFromJson(machine, good);
    expect(read.ok && snapshotToJson(machine, read.snapshot)).toEqual(good);
  });

  it.each<[string, Json, string]>([
    ["a list", [], "not an object"],
    ["no states", { ...good, c: 1 }, "no configuration"],
    ["an unknown state", { ...good, c: [99] }, "no configuration"],
    ["no active state", { ...good, c: [] }, "no configuration"],
    ["two children of one state", { ...good, c: [1, 6] }, "no configuration"],
    ["a composite state as leaf", { ...good, c: [2] }, "no configuration"],
    ["a history as active state", { ...good, c: [7] }, "no configuration"],
    ["a region missing", { ...good, c: [6] }, "no configuration"],
    ["a history that is no list", { ...good, h: 1 }, "history"],
    ["a history entry that is no list", { ...good, h: [1] }, "history"],
    ["a history of a state that is none", { ...good, h: [[1, 4]] }, "history"],
    ["a history outside its parent", { ...good, h: [[7, 1]] }, "history"],
    ["a history of unknown states", { ...good, h: [[7, 99]] }, "history"],
    ["timers that are no list", { ...good, t: 1 }, "timers"],
    ["a timer that is a number", { ...good, t: [1] }, "timers"],
    ["a timer without deadline", { ...good, t: [{ seq: 1 }] }, "timers"],
    ["a timer of no kind", { ...good, t: [{ seq: 1, deadlineMs: 1, event: "e", kind: "x" }] }, "timers"],
    [
      "a timer with a bad id",
      { ...good, t: [{ seq: 1, deadlineMs: 1, event: "e", kind: "raise", id: 1 }] },
      "timers",
    ],
    ["a send without to", { ...good, t: [{ seq: 1, deadlineMs: 1, event: "e", kind: "send" }] }, "timers"],
    [
      "an after without state",
      { ...good, t: [{ seq: 1, deadlineMs: 1, event: "e", kind: "after" }] },
      "timers",
    ],
    ["a context that is a list", { ...good, x: [] }, "context"],
    ["a sequence behind its timers", { ...good, s: 1 }, "sequence"],
    ["an unknown status", { ...good, d: 2 }, "status"],
  ])("refuses %s", (_, json, reason) => {
    const read = snapshotFromJson(machine, json);
    expect(read.ok ? "read" : read.reason).toContain(reason);
  });
});
