import { describe, expect, it } from "vitest";
import type { Json } from "../../src/base/json.ts";
import { check } from "../../src/engine/check.ts";
import { COMPILE_LIMITS, compile } from "../../src/engine/compile.ts";
import { readKeys } from "../../src/engine/document-keys.ts";
import { transitionMap } from "../../src/engine/graph.ts";
import type { Machine } from "../../src/engine/machine.ts";

function machineOf(text: string): Machine {
  const result = compile(JSON.parse(text) as Json, COMPILE_LIMITS, readKeys(text));
  if (!result.ok) throw new Error(`${result.path}: ${result.reason}`);
  return result.machine;
}

describe("readKeys()", () => {
  it("returns the order of keys when a key looks like a whole number", () => {
    const { order, repeated } = readKeys('{"b": [{"2": {}, "1": 0}], "a": {"x": 1}, "10": "}"}');
    expect([...order]).toEqual([
      ["$.b[0]", ["2", "1"]],
      ["$", ["b", "a", "10"]],
    ]);
    expect(repeated).toEqual([]);
  });

  it("returns the places that are given twice, also when the keys are written differently", () => {
    expect(readKeys('{"a": 1, "b": {"c d": 1, "c\\u0020d": 2}, "a": 3}').repeated).toEqual([
      '$.b["c d"]',
      "$.a",
    ]);
  });
});

describe("compile()", () => {
  it("numbers states in document order when their names are numbers", () => {
    const machine = machineOf(
      '{"type": "parallel", "states": {"b": {}, "10": {"on": {"9": "b", "1": "2"}}, "2": {}}}',
    );
    expect(machine.states.map(({ path }) => path)).toEqual(["", "b", "10", "2"]);
    expect(machine.transitions.map(({ descriptor }) => descriptor)).toEqual(["9", "1"]);
  });

  it("keeps the order of a map when its states are numbers", () => {
    const machine = machineOf('{"initial": "b", "map": {"b": ["10"], "10": ["2", "b"], "2": []}}');
    expect(transitionMap(machine)).toEqual([
      ["b", ["10"]],
      ["10", ["2", "b"]],
      ["2", []],
    ]);
  });

  it("refuses a key that is given twice", () => {
    const text = '{"initial": "a", "states": {"a": {"on": {"X": "a", "X": "b"}}, "b": {}}}';
    expect(check(JSON.parse(text) as Json, readKeys(text))[0]).toEqual({
      severity: "error",
      path: "$.states.a.on.X",
      message: "this is given twice; keys of an object must differ",
    });
    expect(() => machineOf(text)).toThrow("$.states.a.on.X: this is given twice");
  });
});
