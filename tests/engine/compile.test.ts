import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/base/json.ts";
import { check } from "../../src/engine/check.ts";
import { COMPILE_LIMITS, compile } from "../../src/engine/compile.ts";
import { drive } from "./support/driver.ts";
import { processorMs } from "./support/work.ts";

const a = (state: Json, rest: { readonly [key: string]: Json } = {}): Json => ({
  initial: "a",
  states: { a: state, b: { type: "final" } },
  ...rest,
});
const on = (transition: Json): Json => a({ on: { E: transition } });
const entry = (action: Json): Json => a({ entry: action, on: { E: "b" } });

function nested(depth: number): Json {
  let json: Json = 1;
  for (let i = 0; i < depth; i++) json = [json];
  return json;
}

describe("compile()", () => {
  it("refuses a document that is nested too deep, instead of overflowing the stack", () => {
    const deep = entry({ assign: { x: nested(100_000) } });
    expect(compile(deep)).toMatchObject({
      ok: false,
      path: "$",
      reason: "the JSON of a definition may be nested 200 deep",
    });
  });

  it("stays fast when thousands of targets are unknown", () => {
    const states = Object.fromEntries(
      Array.from({ length: 3000 }, (_, i) => [`state${i}`, { on: { E: `stade${i}x` } }]),
    );
    expect(processorMs(() => expect(compile({ initial: "state0", states }).ok).toBe(false), 1)).toBeLessThan(
      5000,
    );
  });

  it.each<[string, Json, string, string]>([
    ["no object", [1], "$", "a definition is a JSON object, this is a list"],
    ["no states", {}, "$.states", "a machine needs states"],
    [
      "states as a list",
      { states: [] },
      "$.states",
      "states must be an object of states by name, this is a list",
    ],
    [
      "a state that is a text",
      { states: { a: "x" } },
      "$.states.a",
      "a state must be an object ({} at least), this is a string",
    ],
    [
      "a name of half a character",
      { states: { "\ud800": {} } },
      '$.states["\\ud800"]',
      "cannot name a state",
    ],
    ["a map with half a character", { initial: "a", map: { a: ["\ud800"] } }, "$", "holds half a character"],
    ["a dotted name", { states: { "a.b": {} } }, '$.states["a.b"]', '"a.b" cannot name a state'],
    [
      "an unknown key",
      a({ onn: {} }),
      "$.states.a.onn",
      'unknown key "onn" in a state of type atomic; did you mean on?',
    ],
    ["an unknown key far from any", a({ zzzzzz: 1 }), "$.states.a.zzzzzz", "known are id, type"],
    ["context below the root", a({ context: {} }), "$.states.a.context", 'unknown key "context"'],
    [
      "a final state with events",
      a({ type: "final", on: {} }),
      "$.states.a.on",
      'unknown key "on" in a state of type final',
    ],
    ["a root that is a history", { type: "history", states: { a: {} } }, "$.type", "is compound or parallel"],
    ["a root that is atomic", { type: "atomic", states: { a: {} } }, "$.type", "is compound or parallel"],
    ["a parallel root without states", { type: "parallel" }, "$.states", "a machine needs states"],
    ["an unknown type", a({ type: "paralel" }), "$.states.a.type", "type must be one of atomic, compound"],
    [
      "a compound without children",
      a({ type: "compound" }),
      "$.states.a.type",
      "a compound state needs states below it",
    ],
    [
      "an atomic with children",
      a({ type: "atomic", states: { x: {} } }),
      "$.states.a.type",
      "is compound or parallel, not atomic",
    ],
    [
      "only a history",
      a({ states: { h: { type: "history", target: "h" } }, initial: "h" }),
      "$.states.a.states.h.target",
      "not a history again",
    ],
    [
      "nothing but a history",
      a({ states: { h: { type: "history" } } }),
      "$.states.a.states",
      "needs a child that is not a history",
    ],
    [
      "a history where its parent starts with it",
      a({ initial: "h", states: { h: { type: "history" }, x: {} } }),
      "$.states.a.states.h",
      "a target is needed here",
    ],
    [
      "a bad history",
      a({ initial: "x", states: { x: {}, h: { history: "long" } } }),
      "$.states.a.states.h.history",
      'history must be "shallow" or "deep"',
    ],
    [
      "a repeated id",
      { initial: "a", states: { a: { id: "x" }, b: { id: "x" } } },
      "$.states.b.id",
      "the id 'x' is taken by $.states.a",
    ],
    ["an id that is no text", a({ id: 1 }), "$.states.a.id", "id must be a string, this is a number"],
    ["an unknown initial", { initial: "x", states: { a: {} } }, "$.initial", "there is no state 'x'"],
    [
      "an initial outside",
      a(
        { initial: "#b", states: { x: {} } },
        { states: { a: { initial: "#q", states: { x: {} } }, b: { id: "q" } } },
      ),
      "$.states.a.initial",
      "'#q' must be below 'a'",
    ],
    [
      "an empty initial",
      a({ initial: [], states: { x: {} } }),
      "$.states.a.initial",
      "initial must name a state below 'a'",
    ],
    [
      "two initial targets that exclude each other",
      { initial: { target: ["a", "b"] }, states: { a: {}, b: {} } },
      "$.initial.target",
      "'a' and 'b' cannot be entered together",
    ],
    ["an unknown sibling", on("c2"), "$.states.a.on.E", "there is no state 'c2'; there are a, b"],
    [
      "an unknown target in a list",
      on([{ target: ["b", "x"] }]),
      "$.states.a.on.E[0].target[1]",
      "there is no state 'x'",
    ],
    ["an unknown id", on({ target: "#order" }), "$.states.a.on.E.target", "there is no state '#order'"],
    [
      "a near id",
      { initial: "a", states: { a: { on: { E: "#shiped" } }, b: { id: "shipped" } } },
      "$.states.a.on.E",
      "did you mean '#shipped'?",
    ],
    [
      "a state that is elsewhere",
      { initial: "a", states: { a: { initial: "x", states: { x: { on: { E: "zebra" } } } }, zebra: {} } },
      "$.states.a.states.x.on.E",
      "did you mean '#(machine).zebra'?",
    ],
    ["an unknown child", on(".x"), "$.states.a.on.E", "there is no state '.x'; no states are defined there"],
    ["an unknown path below an id", on("#(machine).a.x"), "$.states.a.on.E", "there is no state"],
    ["a root target without dot", a({ on: { F: "b" } }, { on: { E: "a" } }), "$.on.E", 'write ".a"'],
    ["an unknown root target", a({ on: { F: "b" } }, { on: { E: "q" } }), "$.on.E", "there is no state 'q'"],
    ["always that is null", a({ always: null }), "$.states.a.always", "this is null"],
    ["a transition that is a number", on(1), "$.states.a.on.E", "a transition is the name of a target"],
    [
      "a target that is a number",
      on({ target: 1 }),
      "$.states.a.on.E.target",
      "target must be a string or a list of strings",
    ],
    [
      "reenter that is a text",
      on({ target: "b", reenter: "yes" }),
      "$.states.a.on.E.reenter",
      "reenter must be true or false",
    ],
    ["on that is a list", a({ on: [] }), "$.states.a.on", "on must be an object of transitions by event,"],
    [
      "after that is a text",
      a({ after: "5s" }),
      "$.states.a.after",
      "after must be an object of transitions by delay,",
    ],
    ["an event without name", a({ on: { "": "b" } }), '$.states.a.on[""]', 'stand under "always"'],
    [
      "a star inside",
      a({ on: { "a.*.b": "b" } }),
      '$.states.a.on["a.*.b"]',
      "a * may only stand alone or after the last dot",
    ],
    ["XState 4's cond", on({ cond: "x", target: "b" }), "$.states.a.on.E.cond", 'stands under "guard"'],
    ["XState 4's internal", on({ internal: true }), "$.states.a.on.E.internal", '"reenter": true'],
    ["XState 4's onEntry", a({ onEntry: [] }), "$.states.a.onEntry", 'stand under "entry"'],
    ["a guard named in code", on({ guard: "isPaid", target: "b" }), "$.states.a.on.E.guard", "named in code"],
    [
      "a guard object of XState",
      on({ guard: { type: "isPaid" }, target: "b" }),
      "$.states.a.on.E.guard",
      "'isPaid' names code, which there is none of here: write the condition itself",
    ],
    ["an action named in code", entry("notify"), "$.states.a.entry", '{"task": "notify"}'],
    [
      "an action object of XState",
      entry({ type: "xstate.assign", assignment: {} }),
      "$.states.a.entry",
      'write {"assign": {"path": "expression"}}',
    ],
    [
      "__proto__ as a state",
      JSON.parse('{"initial": "a", "states": {"a": {}, "__proto__": {}}}'),
      "$.states.__proto__",
      "JavaScript keeps this name for itself",
    ],
    [
      "a list whose final state goes on",
      {
        states: ["a", "b"],
        final: ["a"],
        starting_state: "a",
        transitions: [{ from: "a", to: "b", event: "E" }],
      },
      "$.transitions[0].from",
      "'a' is final",
    ],
    [
      "a list with an unknown final state",
      { states: ["a"], final: ["x"], starting_state: "a", transitions: [] },
      "$.final[0]",
      "there is no state 'x'; there are a",
    ],
    [
      "a list without states",
      { states: [], starting_state: "a", transitions: [] },
      "$.starting_state",
      "there are none at all",
    ],
    [
      "an own event in a list",
      { states: ["a"], starting_state: "a", transitions: [{ from: "a", to: "a", event: "xstate.x" }] },
      "$.transitions[0].event",
      "the machine's own",
    ],
    ["an own event in a map", { initial: "a", map: { a: ["xstate.x"] } }, "$", "cannot name a state"],
    [
      "a list with two starts",
      { states: ["a"], starting_state: "a", startingState: "a", transitions: [] },
      "$.startingState",
      "one of them is enough",
    ],
    ["another way to record", a({}, { record: "all" }), "$.record", 'record must be "events" or "changes"'],
    [
      "a star without dot",
      a({ on: { "order*": "b" } }),
      '$.states.a.on["order*"]',
      "did you mean 'order.*'?",
    ],
    [
      "an own event that there is not",
      a({ on: { "xstate.init": "b" } }),
      '$.states.a.on["xstate.init"]',
      "'xstate.init' never comes",
    ],
    [
      "an own event in raise",
      entry({ raise: "xstate.done.state.b" }),
      "$.states.a.entry.raise.event",
      "names that begin with xstate. are the machine's own",
    ],
    ["a bad delay", a({ after: { "5x": "b" } }), '$.states.a.after["5x"]', '"5x" is none of these'],
    [
      "a delay beyond the longest",
      a({ after: { "3700000d": "b" } }),
      '$.states.a.after["3700000d"]',
      "ten thousand years",
    ],
    ["a delay of another type", a({ after: { "[1]": "b" } }), '$.states.a.after["[1]"]', "is of type list"],
    [
      "a delay that is a list",
      entry({ raise: { event: "E", delay: [] } }),
      "$.states.a.entry.raise.delay",
      "this is a list",
    ],
    [
      "a negative delay",
      entry({ raise: { event: "E", delay: -1 } }),
      "$.states.a.entry.raise.delay",
      "-1 is out of range",
    ],
    [
      "a guard that is a number",
      on({ guard: 1, target: "b" }),
      "$.states.a.on.E.guard",
      "a guard is an expression",
    ],
    [
      "a guard of another type",
      on({ guard: "1 + 1", target: "b" }),
      "$.states.a.on.E.guard",
      'a guard must be true or false, "1 + 1" is of type number',
    ],
    [
      "a guard that computes",
      on({ guard: "context.n + 1", target: "b" }),
      "$.states.a.on.E.guard",
      '"context.n + 1" is of type number',
    ],
    [
      "a guard on what the context has",
      a({ on: { E: { guard: "n > 5", target: "b" } } }, { context: { n: 1 } }),
      "$.states.a.on.E.guard",
      "and a string is written \"'n'\"; did you mean context.n?",
    ],
    [
      "a text without quotes of its own",
      entry({ assign: { x: "hello world" } }),
      "$.states.a.entry.assign.x",
      "at 7; a string is written \"'…'\"",
    ],
    [
      "a key without quotes of its own",
      entry({ send: { to: "order:2", event: "E" } }),
      "$.states.a.entry.send.to",
      "at 6; a string is written \"'…'\"",
    ],
    [
      "a text that is the name of a type",
      entry({ assign: { x: "int" } }),
      "$.states.a.entry.assign.x",
      '"int": a value of type type is not JSON; a string is written',
    ],
    [
      "a delay named after a constant",
      a({ after: { grace: "b" } }, { constants: { grace: "72h" } }),
      "$.states.a.after.grace",
      "did you mean constants.grace?",
    ],
    [
      "a delay of a constant there is not",
      a({ after: { "constants.grace": "b" } }),
      '$.states.a.after["constants.grace"]',
      "\"constants.grace\" has no value: constants has no field 'grace' at 11; write constants.?grace.orValue(…)",
    ],
    [
      "a constant that is no delay",
      a({ after: { "constants.grace": "b" } }, { constants: { grace: "soon" } }),
      '$.states.a.after["constants.grace"]',
      '"constants.grace" is "soon"',
    ],
    ["a delay below zero", a({ after: { "-5": "b" } }), '$.states.a.after["-5"]', '"-5" is -5'],
    ["a guard that does not parse", on({ guard: "context.", target: "b" }), "$.states.a.on.E.guard", "at 9"],
    [
      "an unknown combination",
      on({ guard: { xor: [] }, target: "b" }),
      "$.states.a.on.E.guard.xor",
      'unknown key "xor" in a guard',
    ],
    [
      "an empty and",
      on({ guard: { and: [] }, target: "b" }),
      "$.states.a.on.E.guard.and",
      "and takes a list of guards, this is empty",
    ],
    [
      "an or that is no list",
      on({ guard: { or: "true" }, target: "b" }),
      "$.states.a.on.E.guard.or",
      "or takes a list of guards, this is a string",
    ],
    [
      "an error inside not",
      on({ guard: { not: "x" }, target: "b" }),
      "$.states.a.on.E.guard.not",
      "Unknown variable: x",
    ],
    [
      "in with a number",
      on({ guard: { in: 1 }, target: "b" }),
      "$.states.a.on.E.guard.in",
      "in takes the name of a state",
    ],
    [
      "in with an unknown state",
      on({ guard: { in: "a.x" }, target: "b" }),
      "$.states.a.on.E.guard.in",
      "there is no state 'a.x'",
    ],
    [
      "a text as action",
      entry("notify"),
      "$.states.a.entry",
      "an action is an object with one of the keys assign",
    ],
    [
      "an unknown action",
      entry([{ asign: {} }]),
      "$.states.a.entry[0]",
      "unknown action 'asign'; did you mean assign?",
    ],
    [
      "two actions in one",
      entry({ log: "1", cancel: "x" }),
      "$.states.a.entry",
      "an action is an object with one of the keys",
    ],
    ["an empty action", entry({}), "$.states.a.entry", "an action is an object with one of the keys"],
    ["assign with a number", entry({ assign: 5 }), "$.states.a.entry.assign", "assign takes"],
    [
      "assign to no path",
      entry({ assign: { "a..b": 1 } }),
      '$.states.a.entry.assign["a..b"]',
      "is not a path into the context",
    ],
    [
      "assign to __proto__",
      entry({ assign: { "a.__proto__": 1 } }),
      '$.states.a.entry.assign["a.__proto__"]',
      "is not a path",
    ],
    [
      "a text for an expression",
      entry({ assign: { x: "hello" } }),
      "$.states.a.entry.assign.x",
      "a string is written \"'hello'\"",
    ],
    [
      "raise without event",
      entry({ raise: {} }),
      "$.states.a.entry.raise.event",
      "raise needs the name of an event",
    ],
    ["raise with a wildcard", entry({ raise: "a.*" }), "$.states.a.entry.raise.event", "without wildcard"],
    [
      "raise with a list",
      entry({ raise: [] }),
      "$.states.a.entry.raise",
      'raise takes {"event": "NAME", …}, this is a list',
    ],
    [
      "send without to",
      entry({ send: { event: "E" } }),
      "$.states.a.entry.send.to",
      "send needs the key of a machine",
    ],
    [
      "send without event",
      entry({ send: { to: "key" } }),
      "$.states.a.entry.send.event",
      "send needs the name of an event",
    ],
    ["emit without event", entry({ emit: {} }), "$.states.a.entry.emit.event", "emit needs the name"],
    ["cancel with a number", entry({ cancel: 1 }), "$.states.a.entry.cancel", "cancel must be a string"],
    ["a task without name", entry({ task: "" }), "$.states.a.entry.task", "a task needs a name"],
    ["a task that is a number", entry({ task: 1 }), "$.states.a.entry.task", "task must be a string"],
    [
      "a task with half an attempt",
      entry({ task: "t", attempts: 0.5 }),
      "$.states.a.entry.attempts",
      "attempts must be a whole number",
    ],
    ["choose with an object", entry({ choose: {} }), "$.states.a.entry.choose", "choose takes a list"],
    ["a branch that is a text", entry({ choose: ["x"] }), "$.states.a.entry.choose[0]", "a branch is"],
    [
      "an unknown policy",
      a({}, { unmatched: "drop" }),
      "$.unmatched",
      'unmatched must be "reject", "defer" or "ignore"',
    ],
    [
      "a context that is a list",
      a({}, { context: [] }),
      "$.context",
      "context must be an object, this is a list",
    ],
    [
      "too many states",
      { initial: "a", states: { a: {}, b: {}, c: {}, d: {}, e: {}, f: {}, g: {} } },
      "$.states",
      "a definition may have 5 states",
    ],
    [
      "too deep nesting",
      { initial: "a", states: { a: { states: { b: { states: { c: { states: { d: {} } } } } } } } },
      "$.states.a.states.b.states.c.states.d",
      "states may be nested 3 deep",
    ],
    [
      "a map that is a list",
      { initial: "a", map: [] },
      "$.map",
      "map must be an object of lists of states by state",
    ],
    ["a map without initial", { map: { a: [] } }, "$.initial", "initial must name a state"],
    [
      "a map with a text",
      { initial: "a", map: { a: "b" } },
      "$.map.a",
      "a list of names of states expected, this is a string",
    ],
    [
      "a map with a number in a list",
      { initial: "a", map: { a: [1] } },
      "$.map.a",
      "a list of other things too",
    ],
    [
      "a map too large",
      { initial: "a", map: { a: ["b", "c", "d", "e", "f"] } },
      "$",
      "a definition may have 5 states, this has 6",
    ],
    [
      "a list without start",
      { states: ["a"], transitions: [] },
      "$.starting_state",
      "the name of the state to start in is missing",
    ],
    [
      "a list without list",
      { states: ["a"], transitions: {}, starting_state: "a" },
      "$.transitions",
      "transitions must be a list",
    ],
    [
      "a list with an unknown state",
      {
        states: ["alpha"],
        transitions: [{ from: "alpha", to: "alpa", event: "E" }],
        starting_state: "alpha",
      },
      "$.transitions[0].to",
      "did you mean 'alpha'?",
    ],
    [
      "a list with a text",
      { states: ["a"], transitions: ["x"], starting_state: "a" },
      "$.transitions[0]",
      "a transition is",
    ],
    [
      "a list without event",
      { states: ["a"], transitions: [{ from: "a", to: "a" }], starting_state: "a" },
      "$.transitions[0].event",
      "event must be a string",
    ],
    [
      "a list too large",
      { states: ["a", "b", "c", "d", "e", "f"], transitions: [], starting_state: "a" },
      "$",
      "a definition may have 5 states",
    ],
  ])("refuses %s", (_, json, path, reason) => {
    const result = compile(json, { ...COMPILE_LIMITS, statesMax: 5, depthMax: 3 });
    expect(result).toMatchObject({ ok: false, path });
    expect(!result.ok && result.reason).toContain(reason);
  });

  it("keeps the first hundred findings when there are more", () => {
    const states = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`s${i}`, { zzzzzzz: 1 }]));
    expect(compile({ initial: "s0", states }).findings).toHaveLength(100);
  });

  it("compiles five thousand states well below a second when each has guard and action", () => {
    const states = Object.fromEntries(
      Array.from({ length: 5000 }, (_, i) => [
        `s${i}`,
        {
          on: {
            NEXT: {
              target: `s${(i + 1) % 5000}`,
              guard: `context.n >= ${i % 7}`,
              actions: [{ assign: { n: "context.n + 1" } }],
            },
          },
        },
      ]),
    );
    const run = () => expect(compile({ initial: "s0", context: { n: 10 }, states }).ok).toBe(true);
    // Measured: 0.3 s with the machine busy; the bound only catches what is quadratic.
    expect(processorMs(run, 1)).toBeLessThan(3000);
  });
});

/** A definition with more keys at its top, and one transition on E. */
function withTop(more: JsonObject, transition: Json): Json {
  return { ...(on(transition) as JsonObject), ...more };
}

describe("check()", () => {
  it.each<[string, Json, string, string]>([
    [
      "a raised event that nobody takes",
      withTop({ on: { PAID: ".b" } }, { target: "b", actions: { raise: "PAIDD" } }),
      "$.states.a.on.E.actions.raise",
      "no state takes the event 'PAIDD'; did you mean 'PAID'?",
    ],
    [
      "a task's answer that nobody takes",
      on({ target: "b", actions: { task: "charge", done: "DONE", failed: "E" } }),
      "$.states.a.on.E.actions.done",
      "no state takes the event 'DONE'",
    ],
    [
      "a cancel of an id that nothing has",
      on({ target: "b", actions: [{ raise: { event: "E", delay: 5, id: "tick" } }, { cancel: "tok" }] }),
      "$.states.a.on.E.actions[1].cancel",
      "no raise or send has the id 'tok'",
    ],
    [
      "a guard on a field that nothing sets",
      withTop({ context: { total: 1 } }, { target: "b", guard: "context.totl > 1" }),
      "$.states.a.on.E.guard",
      "nothing sets context.totl: neither the definition's context nor an action; did you mean context.total?",
    ],
    [
      "onDone without a final state",
      {
        initial: "a",
        states: {
          a: { initial: "x", onDone: "b", states: { x: { on: { E: "y" } }, y: { on: { E: "x" } } } },
          b: { type: "final" },
        },
      },
      "$.states.a.onDone",
      "this never comes: 'a' has no final state right below it",
    ],
    [
      "a star that hides a timer",
      {
        initial: "a",
        states: {
          a: {
            initial: "x",
            after: { "1h": "b" },
            states: { x: { on: { "*": "y" } }, y: { on: { E: "x" } } },
          },
          b: { type: "final" },
        },
      },
      '$.states.a.states.x.on["*"]',
      "* takes the events of outer states too: it hides after 1h of 'a'",
    ],
  ])("warns of %s", (_, definition, path, message) => {
    expect(check(definition)).toEqual([{ severity: "warning", path, message }]);
  });

  it("gives no warning when a field is tested first, or a raised event is kept or matched by a wildcard", () => {
    const asks = "has(context.x) && context.x > 1 || context.?y.orValue(0) > 1";
    expect(check(on({ target: "b", guard: asks }))).toEqual([]);
    expect(check(withTop({ unmatched: "ignore" }, { target: "b", actions: { raise: "ANY" } }))).toEqual([]);
    expect(check(withTop({ on: { "x.*": ".b" } }, { target: "b", actions: { raise: "x.y" } }))).toEqual([]);
    expect(check(on({ target: "b", guard: "context.x > 1", actions: { assign: { x: "1" } } }))).toEqual([]);
  });

  it("accepts fields that editors add, and the other spellings of a list", () => {
    expect(compile({ ...(on("b") as object), types: {}, $schema: "x" }).ok).toBe(true);
    for (const start of ["starting_state", "startingState", "startingstate"]) {
      const list = {
        states: ["a", "b"],
        final: ["b"],
        [start]: "a",
        transitions: [{ from: "a", to: "b", event: "E" }],
      };
      expect(check(list)).toEqual([]);
      expect(drive(list).send("E")).toMatchObject({ snapshot: { status: "done" } });
    }
  });

  it("finds nothing when the definition is clean", () => {
    expect(check(on("b"))).toEqual([]);
    expect(check({ initial: "a", map: { a: ["b"], b: ["a", "c"] } })).toEqual([]);
  });

  it("returns the errors when the definition does not compile", () => {
    expect(check(on({ target: "x1", guard: "1" }))).toMatchObject([
      { severity: "error", path: "$.states.a.on.E.target" },
      { severity: "error", path: "$.states.a.on.E.guard" },
    ]);
  });

  it("warns of unreachable states, dead ends and shadowed transitions when there are any", () => {
    const findings = check({
      states: {
        a: { on: { E: ["c", { target: "d" }], "*": { target: "c", reenter: true } } },
        c: {},
        d: {
          initial: "e",
          states: { e: { always: [{ target: "#(machine).c" }, { target: "#(machine).a" }] } },
        },
        lost: { initial: "inner", states: { inner: { on: { E: "#(machine).a" } } } },
        p: { type: "parallel", initial: "x", states: { x: { initial: "y", states: { y: {} } } } },
      },
      on: { "done.state.nobody": ".d", P: ".p" },
    });
    const paths = findings.filter(({ severity }) => severity === "warning").map(({ path }) => path);
    expect(paths).toContain("$");
    expect(paths).toContain("$.states.p.initial");
    expect(paths).toContain('$.on["done.state.nobody"]');
    expect(findings.find(({ message }) => message.startsWith("unreachable"))).toMatchObject({
      path: "$.states.lost",
    });
    expect(findings.filter(({ message }) => message.startsWith("shadowed")).map(({ path }) => path)).toEqual([
      "$.states.a.on.E[1]",
      "$.states.d.states.e.always[1]",
    ]);
  });

  it("warns of dead ends when nothing leaves an atomic state", () => {
    expect(
      check({
        initial: "a",
        states: { a: { on: { E: "b", X: { actions: [] } } }, b: { on: { E: { actions: [{ log: "1" }] } } } },
      }),
    ).toEqual([
      {
        severity: "warning",
        path: "$.states.b",
        message: 'dead end: nothing leaves \'b\'; if that is meant, say "type": "final"',
      },
    ]);
  });

  it("warns of a dead end when a state inside is done and nothing leaves it", () => {
    const inside = (onDone: { readonly [key: string]: Json }): Json =>
      a({ initial: "x", states: { x: { on: { E: "y" } }, y: { type: "final" } }, ...onDone });
    expect(check(inside({ onDone: "b" }))).toEqual([]);
    expect(check(inside({ on: { F: "b" } }))).toEqual([]);
    expect(check(inside({}))).toMatchObject([
      { path: "$.states.b", message: expect.stringMatching(/^unreachable/) },
      {
        path: "$.states.a.states.y",
        message: "dead end: 'a' is done in 'a.y', and nothing leaves it; it needs an onDone",
      },
    ]);
  });

  it("warns of transitions that are never reached when guards repeat, always hold or the state is left at once", () => {
    const found = (state: Json): readonly (readonly [string, string])[] =>
      check(a(state, { context: { n: 1 } })).map(({ path, message }) => [path, message] as const);
    expect(
      found({
        on: {
          E: [
            { target: "b", guard: "true" },
            { target: "b", guard: "context.n > 1" },
          ],
        },
      }),
    ).toEqual([
      [
        "$.states.a.on.E[1]",
        "shadowed: the transition at $.states.a.on.E[0] has no guard and is always taken first",
      ],
    ]);
    const twice = { target: "b", guard: { not: "context.n > 1" } };
    expect(found({ on: { E: [twice, { target: "b", guard: "context.n > 1" }, twice] } })).toEqual([
      [
        "$.states.a.on.E[2]",
        "shadowed: the transition at $.states.a.on.E[0] has the same guard and comes first",
      ],
    ]);
    expect(found({ always: "b", on: { E: "b" }, after: { "1s": "b" } }).map(([path]) => path)).toEqual([
      "$.states.a.on.E",
      '$.states.a.after["1s"]',
    ]);
    expect(found({ always: { actions: [] }, on: { E: "b" } })).toEqual([]);
    expect(found({ always: ".x", on: { E: "b" }, initial: "x", states: { x: {} } })).toEqual([]);
  });

  it("warns of a constant when there is none of that name", () => {
    const reading = (guard: string): Json =>
      a({ on: { E: { guard, target: "b" } } }, { constants: { grace: 1 } });
    expect(check(reading("constants.grace > 0 && constants['grace'] > 0"))).toEqual([]);
    expect(check(reading("constants.grase > 0"))).toEqual([
      {
        severity: "warning",
        path: "$.states.a.on.E.guard",
        message: "there is no constant 'grase'; did you mean 'grace'?",
      },
    ]);
  });

  it("warns of an output when nothing takes it", () => {
    const inside = { initial: "x", states: { x: { on: { E: "#(machine).b" } } }, output: 1 };
    expect(check(a(inside))).toMatchObject([{ severity: "warning", path: "$.states.a.output" }]);
    expect(check({ ...(a({ on: { E: "b" } }) as object), output: 1 })).toEqual([]);
  });

  it("checks a chain of thousands of states without running out of stack", () => {
    const states = Object.fromEntries(
      Array.from({ length: 9_999 }, (_, i) => [`s${i}`, { on: { NEXT: `s${(i + 1) % 9_999}` } }]),
    );
    expect(check({ initial: "s0", states })).toEqual([]);
  });

  it("names the place in the map or the list when a state is unreachable", () => {
    expect(check({ initial: "a", map: { a: [], b: ["a"] } })).toMatchObject([{ path: "$.map.b" }]);
    expect(check({ states: ["a", "b"], transitions: [], starting_state: "a" })).toMatchObject([
      { path: "$.states[1]" },
    ]);
  });

  it("warns when an assignment starts with the word context", () => {
    expect(check(entry({ assign: { "context.n": 1 } }))).toMatchObject([
      { severity: "warning", path: '$.states.a.entry.assign["context.n"]' },
    ]);
  });
});
