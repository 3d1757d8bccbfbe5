/** detent diff: what each difference means, counts of a server, and the drawing. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import type { JsonObject } from "../../src/base/json.ts";
import { compareDefinitions, type Verdict, verdictOf } from "../../src/definition-tests/compare.ts";
import { machineOf } from "../engine/support/driver.ts";
import { cli } from "../support/cli.ts";
import { startTestServer } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";

const BASE = {
  initial: "a",
  context: { n: 0 },
  states: {
    a: { on: { GO: { target: "b", guard: "context.n > 0" }, STAY: { actions: [] } }, after: { "1h": "c" } },
    b: { on: { END: "c" } },
    c: { type: "final" },
  },
};
const { a, b, c } = BASE.states;
const states = (changed: JsonObject): JsonObject => ({ ...BASE, states: changed });

describe("compareDefinitions() classifies", () => {
  it.each<readonly [string, JsonObject, Verdict, string | undefined]>([
    ["the same", { ...BASE, description: "text" }, "safe", undefined],
    ["a new state", states({ a, b, c, d: c }), "safe", "'d' is new"],
    [
      "a state that is gone",
      states({ a: { ...a, on: { GO: "c" } }, c }),
      "breaking",
      "'b' is gone: a map must say where machines in it go",
    ],
    [
      "an event that is gone",
      states({ a, b: { on: { OTHER: "c" } }, c }),
      "breaking",
      "'b' no longer accepts 'END'",
    ],
    ["a new event", states({ a, b: { on: { END: "c", MORE: "c" } }, c }), "safe", "'b' has 'MORE'"],
    [
      "another target",
      states({ a, b: { on: { END: "a" } }, c }),
      "breaking",
      "'END' in 'b' leads to 'a', it led to 'c'",
    ],
    [
      "a new guard",
      states({ a, b: { on: { END: { target: "c", guard: "context.n > 1" } } }, c }),
      "breaking",
      "'END' in 'b' has the guard context.n > 1, it was none",
    ],
    [
      "a guard that is gone",
      states({ a: { ...a, on: { ...a.on, GO: "b" } }, b, c }),
      "safe",
      "'GO' in 'a' has the guard none, it was context.n > 0",
    ],
    [
      "another time",
      states({ a: { ...a, after: { "2h": "c" } }, b, c }),
      "safe",
      "the timer of 'a' is 'after 2h', it was 'after 1h'",
    ],
    ["a timer that is gone", states({ a: { on: a.on }, b, c }), "breaking", "'a' no longer has 'after 1h'"],
    [
      "an automatic transition",
      states({ a, b: { ...b, always: { target: "c", guard: "context.n > 5" } }, c }),
      "breaking",
      "'b' has automatic transitions: machines in it may leave at once",
    ],
    [
      "other actions",
      states({ a, b: { ...b, entry: [{ emit: { event: "x" } }] }, c }),
      "safe",
      "'b' has another entry",
    ],
    [
      "a state that is final now",
      states({ a, b: { type: "final" }, c }),
      "breaking",
      "'b' is final, it was atomic",
    ],
    [
      "a state with states inside now",
      states({ a, b: { ...b, initial: "x", states: { x: {} } }, c }),
      "safe",
      "'b' is compound, it was atomic",
    ],
    [
      "a new field",
      { ...BASE, context: { n: 0, m: [1] } },
      "needs a map",
      "context.m is new: machines have none, a map can give them [1]",
    ],
    ["a field that is gone", { ...BASE, context: {} }, "safe", "context.n is gone: machines keep theirs"],
    [
      "a new invariant",
      { ...BASE, invariants: [{ name: "i", expr: "context.n < 9" }] },
      "breaking",
      "the invariant 'i' is new: machines may not meet context.n < 9",
    ],
    ["another unmatched", { ...BASE, unmatched: "ignore" }, "safe", 'unmatched is "ignore", it was "reject"'],
  ])("%s by what it means for machines", (_, after, verdict, message) => {
    const changes = compareDefinitions(machineOf(BASE), machineOf(after));
    expect(verdictOf(changes)).toBe(verdict);
    if (message === undefined) expect(changes).toEqual([]);
    else expect(changes.map((change) => change.message)).toContain(message);
  });
});

const NEXT = states({ a: { ...a, on: { ...a.on, GO: "d" } }, d: { on: { END: "c" } }, c });

function filesIn(directory: string) {
  const at = (name: string) => join(directory, name);
  writeFileSync(at("old.json"), JSON.stringify({ ...BASE, name: "d", version: "v1" }));
  writeFileSync(at("new.json"), JSON.stringify(NEXT));
  return at;
}

test("detent diff ends with 1 where a map is needed, and draws both versions", async () => {
  const at = filesIn(temporaryDirectory());
  const { code, out } = await cli("diff", at("old.json"), at("new.json"), "--svg", at("diff.svg"));
  expect(code).toBe(1);
  expect(out).toContain("breaking:\n  'GO' in 'a' leads to 'd', it led to 'b'\nneeds a map:\n  'b' is gone");
  const svg = readFileSync(at("diff.svg"), "utf8");
  expect(svg).toMatch(/^<svg /);
  for (const part of ['stroke="#1a7f37"', 'stroke="#cf222e"', 'stroke="#9a6700"', "~ GO", "+ END", "- END"])
    expect(svg).toContain(part);
  expect((await cli("diff", at("old.json"), at("old.json"))).code).toBe(0);
});

test("detent diff counts machines of a server, of a name there and of the name in a file", async () => {
  const server = await startTestServer();
  try {
    const url = `redis://127.0.0.1:${server.port}`;
    const client = await server.client();
    await client.call("SM.DEF", "CREATE", "d", JSON.stringify(BASE));
    await client.call("SM.CREATE", "m:1", "d", "STATE", "b");
    await client.call("SM.CREATE", "m:2", "d", "STATE", "b");
    await client.call("SM.CREATE", "m:3", "d");
    const at = filesIn(temporaryDirectory());
    for (const old of ["d:v1", "d", at("old.json")]) {
      const { out } = await cli("diff", old, at("new.json"), "--url", url);
      expect(out).toContain("  'b' is gone: a map must say where machines in it go (2 machines)");
      expect(out).toContain("it led to 'b' (1 machine)");
      expect(out).toMatch(/: breaking, 3 machines of the old one$/);
    }
    const gone = await cli("diff", "nothing", at("new.json"), "--url", url);
    expect(gone).toMatchObject({ code: 1, err: "detent diff: there is no definition 'nothing'" });
  } finally {
    await server.close();
  }
});
