/** Changes of the context: paths with keys that are computed, lists, removal, and who sees what was changed. */
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/base/json.ts";
import { compile } from "../../src/engine/compile.ts";
import { parsePath, pathOf } from "../../src/engine/paths.ts";
import { drive } from "./support/driver.ts";

function machine(context: Json, actions: Json): Json {
  return { initial: "a", context, states: { a: { on: { E: { actions } } } } };
}

/** The context after one event, and the paths that changed; the reason where it fails. */
function changed(context: Json, actions: Json, data?: Json): unknown {
  const driver = drive(machine(context, actions), { persist: true });
  const result = driver.send("E", data);
  if (result.kind === "failed") return result.reason.replace(/^\S+: /, "");
  if (result.kind !== "moved") return result.kind;
  return [
    result.snapshot.context,
    Object.fromEntries(result.changes.map(({ path, value }) => [path, value])),
  ];
}

describe("assign", () => {
  it("accepts computed keys", () => {
    expect(
      changed(
        { stock: { a: 1 } },
        { assign: { "stock[event.sku].n": "2", "by[event.who]": "3" } },
        { sku: "b.c", who: "x" },
      ),
    ).toEqual([
      { stock: { a: 1, "b.c": { n: 2 } }, by: { x: 3 } },
      { 'stock["b.c"].n': 2, "by.x": 3 },
    ]);
  });

  it("accepts indices and quoted keys, and makes a list for an index", () => {
    expect(
      changed(
        { lines: [{ q: 1 }] },
        { assign: { "lines[0].q": "2", "lines[1]": "7", "new[0]": "'x'", "m['a b']": "1" } },
      ),
    ).toEqual([
      { lines: [{ q: 2 }, 7], new: ["x"], m: { "a b": 1 } },
      { "lines.0.q": 2, "lines.1": 7, "new.0": "x", "m.a b": 1 },
    ]);
  });

  it("accepts the names of object properties as keys like any other", () => {
    const [context] = changed({ m: {} }, { assign: { "m[event.k]": "1" } }, { k: "__proto__" }) as [
      { m: object },
    ];
    expect(Object.keys(context.m)).toEqual(["__proto__"]);
  });

  it("replaces the whole context", () => {
    expect(changed({ a: 1, b: 2 }, { assign: "{'b': context.b, 'c': event.c}" }, { c: 3 })).toEqual([
      { b: 2, c: 3 },
      { a: undefined, c: 3 },
    ]);
    expect(changed({ a: 1 }, { assign: "context.a" })).toBe(
      "the context must be an object, this is a number",
    );
  });

  it.each<[string, Json, Json, string]>([
    [
      "an index beyond the list",
      { l: [] },
      { assign: { "l.5": "1" } },
      "context.l has 0 items; 5 is beyond it",
    ],
    [
      "a name in a list",
      { l: [1] },
      { assign: { "l.x": "1" } },
      'context.l is a list, and "x" is not an index of one',
    ],
    [
      "a number on the way",
      { n: 5 },
      { assign: { "n.x.y": "1" } },
      "context.n is a number (5) and holds no values",
    ],
    [
      "a key that is no text",
      { m: {} },
      { assign: { "m[context.m]": "1" } },
      "the key context.m in m[context.m] is {}; a key is a string that is not empty, or a number",
    ],
  ])("fails the event for %s and says what is there", (_, context, actions, reason) => {
    expect(changed(context, actions)).toBe(reason);
  });

  it("computes all keys and values before it stores any", () => {
    expect(changed({ k: "a", m: {} }, { assign: { k: "'b'", "m[context.k]": "context.k" } })).toEqual([
      { k: "b", m: { a: "a" } },
      { k: "b", "m.a": "a" },
    ]);
  });

  it("does not change a context that it returned before", () => {
    const driver = drive(
      machine({ l: [1], o: {} }, [
        { assign: { "l[1]": "2" } },
        { emit: { event: "SEEN", data: { l: "context.l", all: "context" } } },
        { assign: { copy: "context.l" } },
        { assign: { "l[2]": "3", "copy[0]": "9" } },
      ]),
    );
    const result = driver.send("E");
    expect(result).toMatchObject({
      snapshot: { context: { l: [1, 2, 3], copy: [9, 2], o: {} } },
      effects: [{ data: { l: [1, 2], all: { l: [1, 2], o: {} } } }],
    });
  });

  it("leaves the snapshot and the definition as they were", () => {
    const definition = machine({ l: [] }, [{ assign: { l: [{ n: 0 }] } }, { assign: { "l[0].n": "1" } }]);
    const driver = drive(definition);
    const { snapshot } = driver;
    driver.send("E");
    expect(driver.snapshot.context).toEqual({ l: [{ n: 1 }] });
    expect(snapshot.context).toEqual({ l: [] });
    expect(driver.machine.context).toEqual({ l: [] });
    driver.send("E");
    expect(driver.snapshot.context).toEqual({ l: [{ n: 1 }] });
  });
});

describe("unset", () => {
  it("removes a field or an item of a list, and nothing when there is none", () => {
    expect(
      changed(
        { a: 1, m: { x: 1, y: 2 }, l: [1, 2, 3] },
        { unset: ["a", "m[event.k]", "l[1]", "no.such", "l[9]"] },
        { k: "x" },
      ),
    ).toEqual([
      { m: { y: 2 }, l: [1, 3] },
      { a: undefined, "m.x": undefined, l: [1, 3] },
    ]);
  });

  it("accepts a single path", () => {
    expect(changed({ a: 1 }, { unset: "a" })).toEqual([{}, { a: undefined }]);
  });
});

describe("paths", () => {
  it.each<[string, string]>([
    ["a..b", "a path is names with dots between"],
    ["", "a path is names with dots between"],
    ["a.", "a path is names with dots between"],
    ["a[", "the bracket is not closed"],
    ["a]", "there is a bracket that closes none"],
    ["a['x]", "the bracket is not closed"],
    ["a[0]b", "after a bracket comes a dot or a bracket"],
    ["a.__proto__", "a key cannot be empty or __proto__"],
    ["a[event.]", "at 7"],
    ["a[]", ""],
  ])("refuses %j", (path, reason) => {
    const result = compile(machine({}, { assign: { [path]: "1" } }));
    expect(result.ok).toBe(false);
    expect(!result.ok && result.reason).toContain(reason);
  });

  it("are spelled the same for the same keys", () => {
    expect(parsePath("a[0]['b']")).toEqual(parsePath('a[0]["b"]'));
    expect(pathOf(["a", "0", "b.c", "", 'q"'])).toBe('a.0["b.c"][""]["q\\""]');
    expect(parsePath("x[event.m['k]'][0]].y")).toMatchObject([
      { key: "x" },
      { kind: "computed", source: "event.m['k]'][0]" },
      { key: "y" },
    ]);
  });
});
