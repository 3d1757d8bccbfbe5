/** Machine configs of XState: they run here as they run there, and what is code there is reported. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isJsonObject, type Json } from "../../src/base/json.ts";
import { translate } from "../../src/importers/formats.ts";
import { drive } from "../engine/support/driver.ts";
import { XStateDriver } from "../engine/support/xstate-driver.ts";

type Case = {
  readonly name: string;
  readonly config: Json;
  /** Events by name or with their data; a number lets so many milliseconds pass. */
  readonly events: readonly (string | number | { readonly type: string; readonly [key: string]: Json })[];
  /** The states after each, the first ones included; without them XState itself says. */
  readonly states?: readonly (readonly string[])[];
};

const folder = new URL("../cases/xstate/", import.meta.url);
const cases = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .sort()
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Case);

function documentOf(config: unknown): Json {
  const { document, findings } = translate("XSTATE", JSON.stringify(config));
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  if (document === undefined) throw new Error("no document");
  return document;
}

function errorsOf(config: unknown): readonly string[] {
  const { document, findings } = translate("XSTATE", JSON.stringify(config));
  expect(document).toBe(undefined);
  return findings
    .filter(({ severity }) => severity === "error")
    .map(({ path, message }) => `${path}: ${message}`);
}

/** The active atomic states of XState, as paths. */
function pathsOf(value: unknown, before = ""): readonly string[] {
  if (typeof value === "string") return [`${before}${value}`];
  return Object.entries(value as object).flatMap(([key, inner]) =>
    typeof inner === "object" && Object.keys(inner).length === 0
      ? [`${before}${key}`]
      : pathsOf(inner, `${before}${key}.`),
  );
}

describe("a config of XState behaves the same here:", () => {
  test.each(cases)("$name", ({ config, events, states }) => {
    const driver = drive(documentOf(config));
    const theirs = states === undefined ? new XStateDriver(config) : undefined;
    const expected = (index: number) =>
      theirs === undefined ? (states?.[index] ?? []) : pathsOf(theirs.snapshot.value);
    expect([...driver.states()].sort()).toEqual([...expected(0)].sort());
    for (const [index, event] of events.entries()) {
      if (typeof event === "number") {
        driver.advance(event);
        theirs?.advance(event);
      } else {
        const { type, ...data } = typeof event === "string" ? { type: event } : event;
        driver.send(type, Object.keys(data).length === 0 ? undefined : data);
        theirs?.send({ type });
      }
      expect([...driver.states()].sort(), `after ${JSON.stringify(event)}`).toEqual(
        [...expected(index + 1)].sort(),
      );
    }
  });
});

describe("code in a config", () => {
  test("of guards is an error that says where its condition belongs", () => {
    const config = { initial: "a", states: { a: { on: { GO: { target: "a", guard: "isValid" } } } } };
    expect(errorsOf(config)).toEqual([
      '$.states.a.on.GO.guard: the guard \'isValid\' is code: write its condition as an expression under "guards" at the top: {"guards": {"isValid": "context.n > 0"}}',
    ]);
    expect(documentOf({ ...config, context: { n: 1 }, guards: { isValid: "context.n > 0" } })).toMatchObject({
      states: { a: { on: { GO: { target: "a", guard: "context.n > 0" } } } },
    });
  });

  test("of guards within guards is found, also where one would name itself", () => {
    const guards = {
      both: { type: "and", params: { guards: ["one", { type: "not", params: { guard: "both" } }] } },
      one: "true",
    };
    const errors = errorsOf({ initial: "a", guards, states: { a: { always: { guard: "both" } } } });
    expect(errors.map((error) => error.split(": ")[0])).toEqual([
      "$.guards.both.params.guards[1].params.guard",
    ]);
  });

  test("of actions becomes a task with a warning, or its replacement under actions", () => {
    const config = {
      initial: "a",
      states: { a: { entry: ["ring", { type: "mail", params: { to: "ann", n: "{{ context.n + 1 }}" } }] } },
    };
    const { document, findings } = translate("XSTATE", JSON.stringify(config));
    expect(document).toEqual({
      initial: "a",
      states: {
        a: { entry: [{ task: "ring" }, { task: "mail", input: { to: "'ann'", n: "context.n + 1" } }] },
      },
    });
    expect(findings.map(({ severity, path }) => [severity, path])).toEqual([
      ["warning", "$.states.a.entry[0]"],
      ["warning", "$.states.a.entry[1]"],
    ]);
    expect(documentOf({ ...config, actions: { ring: { log: "'ring'" }, mail: [] } })).toEqual({
      initial: "a",
      states: { a: { entry: { log: "'ring'" } } },
    });
  });

  test("of delays is an error that says where it belongs", () => {
    expect(errorsOf({ initial: "a", states: { a: { after: { PATIENCE: "a" } } } })).toEqual([
      expect.stringMatching(/^\$\.states\.a\.after\.PATIENCE: the delay 'PATIENCE' is code/),
    ]);
  });

  test("of actors is a task, a child when a definition replaces it, and an error when it has no name", () => {
    const config = (src: unknown) => ({
      initial: "a",
      states: {
        a: { invoke: { id: "pay", src, onDone: "b", onError: "a" }, on: { "done.invoke.pay": "a" } },
        b: {},
      },
    });
    expect(documentOf(config("charge"))).toMatchObject({
      states: {
        a: {
          entry: [{ task: "charge", done: "pay.done", failed: "pay.failed" }],
          on: { "pay.done": { target: "b" } },
        },
      },
    });
    expect(documentOf({ ...config("charge"), actors: { charge: "charge:v1" } })).toMatchObject({
      states: {
        a: { invoke: { src: "charge:v1", id: "pay", onDone: { target: "b" }, onError: { target: "a" } } },
      },
    });
    expect(errorsOf(config({ $unserializable: "actor" }))).toEqual([
      expect.stringContaining("the actor is a function"),
    ]);
  });

  test.each([
    ["an assignment that was a function", { type: "xstate.assign" }, "the assignment is a function"],
    ["a function", { "@code": "() => {}" }, "a function is not an action here"],
    ["enqueueActions", { type: "xstate.enqueueActions" }, 'write {"choose"'],
    ["an action that XState has and we have not", { type: "xstate.wait" }, "has no counterpart"],
    ["an expression that changes something", { type: "xstate.assign", params: { n: "{{ n++ }}" } }, '"++"'],
    ["no action at all", 7, "an action is a name or an object, this is a number"],
  ])("refuses %s with its place", (_what, action, message) => {
    expect(errorsOf({ initial: "a", states: { a: { entry: [action] } } })).toEqual([
      expect.stringContaining(message),
    ]);
  });
});

test("keys without meaning are left out, unknown keys and those of code are reported", () => {
  expect(
    documentOf({
      $schema: "x",
      key: "m",
      strict: true,
      schemas: {},
      tsTypes: {},
      initial: "a",
      states: { a: {} },
    }),
  ).toEqual({
    initial: "a",
    states: { a: {} },
  });
  const errors = errorsOf({ initial: "a", colour: 1, states: { a: { activities: ["beep"], route: {} } } });
  expect(errors.map((error) => error.split(": ")[0])).toEqual([
    "$.colour",
    "$.states.a.activities",
    "$.states.a.route",
  ]);
});

test("a definition of Detent is a config of XState, and stays unchanged", () => {
  const ours = {
    id: "order",
    initial: "new",
    context: { paid: 0 },
    constants: { grace: "72h" },
    unmatched: "ignore",
    states: {
      new: {
        on: {
          PAY: {
            target: "paid",
            guard: { and: ["event.amount > 1", { not: { in: "#order.paid" } }] },
            actions: { assign: { paid: "event.amount" } },
            otherwise: "too small",
          },
        },
      },
      paid: {
        after: { "constants.grace": "late" },
        defer: ["A"],
        sla: "2h",
        invoke: { src: "ship:v1", id: "s", input: { a: "key" } },
      },
      late: { type: "final", output: { how: "context.paid" } },
    },
  };
  expect(documentOf(ours)).toEqual(ours);
});

test("a document that is not JSON, no object or nested too deeply is refused with the reason", () => {
  const message = (text: string) => translate("XSTATE", text).findings[0]?.message;
  expect(message("{")).toContain("this is not JSON");
  expect(message("[]")).toBe("a definition is an object, this is a list");
  expect(message(`{"states":${"[".repeat(200)}${"]".repeat(200)}}`)).toContain("nested 128 deep");
  expect(message(" ".repeat(4_000_001))).toContain("a text may have");
});

test("keys that JavaScript reserves on objects stay keys", () => {
  const { document } = translate(
    "XSTATE",
    '{"initial":"a","states":{"a":{"on":{"__proto__":"a","constructor":"a"}}}}',
  );
  const states = isJsonObject(document?.["states"]) ? document["states"] : {};
  expect(Object.keys((states["a"] as { on: object }).on)).toEqual(["__proto__", "constructor"]);
});

describe("a program", () => {
  const read = (source: string) => translate("XSTATE", source);

  test("is read where it calls createMachine, with guards and delays of setup and functions that return a value", () => {
    const { document, findings } = read(`
      import { setup, assign } from "xstate";
      export const counter = setup({
        guards: { isBig: ({ context }) => context.n > 3 },
        delays: { soon: 1000 },
      }).createMachine({
        id: 'counter', initial: 'a', context: { n: 0, low: -1 },
        states: {
          a: {
            entry: [assign({ n: ({ context }) => context.n + 1, low: 2 }), sendTo('o1', { type: 'HI' })],
            after: { soon: 'b' },
            on: { GO: { guard: 'isBig', target: 'b' }, NEXT: { guard: ({ context, event }) => { return context.n > event.x; }, target: 'b' } },
          },
          b: { type: \`final\` },
        },
      });`);
    expect(findings).toEqual([]);
    expect(document).toEqual({
      id: "counter",
      initial: "a",
      context: { n: 0, low: -1 },
      states: {
        a: {
          entry: [{ assign: { n: "context.n + 1", low: 2 } }, { send: { to: "#_o1", event: "HI" } }],
          after: { 1000: "b" },
          on: {
            GO: { guard: "context.n > 3", target: "b" },
            NEXT: { guard: "context.n > event.x", target: "b" },
          },
        },
        b: { type: "final" },
      },
    });
  });

  test("is refused where it has no config, or cannot be read, and its actions that are code become tasks", () => {
    const messageOf = (source: string) => read(source).findings.map(({ message }) => message);
    expect(messageOf("createMachine(config)")).toEqual([
      "the program has no createMachine({ … }) whose config is written there",
    ]);
    expect(messageOf("const x: number = createMachine({})")[0]).toMatch(/types of TypeScript have to go/);
    expect(messageOf("createMachine({ states: { a: { entry: () => console.log(1) } } })")[0]).toMatch(
      /function is not an action/,
    );
    const nested = `createMachine(${"{a:".repeat(400)}1${"}".repeat(400)})`;
    expect(messageOf(nested)[0]).toMatch(/nested/);
  });
});

test.each([
  ["XSTATE", '{"initial":"a","context":{"l":[9007199254740993]},"states":{"a":{}}}', "$.context.l[0]"],
  ["XSTATE", "createMachine({initial:'a',context:{n:9007199254740993},states:{a:{}}})", "$.context.n"],
  ["XSTATE", "createMachine({initial:'a',context:{n:12n},states:{a:{}}})", "$.context.n"],
  ["XSTATE", "createMachine({initial:'a',context:{n:Date.now()},states:{a:{}}})", "$.context.n"],
  [
    "XSTATE",
    "createMachine({initial:'a',states:{a:{on:{E:{guard:({event})=>event.n>9007199254740993}}}}})",
    "$.states.a.on.E.guard",
  ],
  ["YAML", "initial: a\ncontext:\n  n: 9007199254740993\nstates: {a: {}}", "line 3"],
  ["YAML", "initial: a\ncontext: {n: .inf}\nstates: {a: {}}", "line 2"],
  ["YAML", "initial: a\ncontext: {n: 1e400}\nstates: {a: {}}", "line 2"],
  [
    "ASL",
    '{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"n":9007199254740993},"End":true}}}',
    "$.States.A.Result.n",
  ],
  [
    "SCXML",
    '<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" datamodel="ecmascript"><datamodel><data id="n" expr="9007199254740993"/></datamodel><state id="a"/></scxml>',
    "/scxml/datamodel[1]/data[n]",
  ],
  [
    "SCXML",
    '<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" datamodel="ecmascript"><datamodel><data id="n">{"a":9007199254740993}</data></datamodel><state id="a"/></scxml>',
    "/scxml/datamodel[1]/data[n]",
  ],
] as const)("%s: what a definition cannot hold is an error, in %s", (format, text, place) => {
  const { document, findings } = translate(format, text);
  expect(document).toBe(undefined);
  expect(findings).toMatchObject([{ severity: "error", path: expect.stringContaining(place) }]);
});

test("numbers are read in the spellings of their languages", () => {
  const program = "createMachine({initial:'a',context:{a:0x10,b:1_000,c:.5,d:-5.,e:1e3},states:{a:{}}})";
  expect(translate("XSTATE", program).document).toMatchObject({
    context: { a: 16, b: 1000, c: 0.5, d: -5, e: 1000 },
  });
  const text = "initial: a\ncontext: {a: 0x10, b: +5, c: .5, d: 0o10, e: 1.50}\nstates: {a: {}}";
  expect(translate("YAML", text).document).toMatchObject({ context: { a: 16, b: 5, c: 0.5, d: 8, e: 1.5 } });
});
