/** The closures against cel-js, the reference: the same value, or a failure in both. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/base/json.ts";
import { celCompile, celEvaluate } from "../../src/engine/expressions-cel.ts";
import { closureOf } from "../../src/engine/expressions-closures.ts";
import { toJson } from "../../src/engine/expressions-json.ts";
import { BAIL } from "../../src/engine/expressions-operators.ts";
import { EVENT_BUDGET, EXPRESSION_LIMITS, type Scope } from "../../src/engine/expressions-scope.ts";

const leaf = fc.constantFrom(
  "1",
  "0",
  "2.5",
  "-3",
  "'a'",
  "'ab'",
  "''",
  "true",
  "false",
  "null",
  "context.n",
  "context.s",
  "context.b",
  "context.z",
  "context.l",
  "context.o",
  "context.o.k",
  "context.missing",
  "context.o.missing",
  "context['s']",
  "context.l[0]",
  "context.l[context.i]",
  "context.l[7]",
  "event.amount",
  "event.type",
  "data",
  "now",
  "key",
  "state",
  "constants.c",
  "[]",
  "[1, 2]",
  "['a', key]",
);

const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc
      .tuple(
        tie("expression"),
        fc.constantFrom("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "in"),
        tie("expression"),
      )
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    fc
      .tuple(tie("expression"), tie("expression"), tie("expression"))
      .map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    tie("expression").map((inner) => `!(${inner})`),
    tie("expression").map((inner) => `-(${inner})`),
    tie("expression").map((inner) => `size(${inner})`),
    tie("expression").map((inner) => `(${inner}).size()`),
    fc
      .tuple(tie("expression"), fc.constantFrom("contains", "startsWith", "endsWith"), leaf)
      .map(([text, name, part]) => `(${text}).${name}(${part})`),
    tie("expression").map((inner) => `(${inner}).matches('^a+b?$')`),
    fc.constantFrom(
      "has(context.n)",
      "has(context.o.k)",
      "has(context.o.x)",
      "has(context.missing.x)",
      "has(context.n.x)",
      "has(event.amount)",
    ),
    fc.tuple(leaf, leaf).map(([list, index]) => `(${list})[${index}]`),
  ),
}));

const value: fc.Arbitrary<Json> = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(1.5, -0.25, 2 ** 40),
  fc.constantFrom("a", "ab", "", "k"),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom("a", "k")), { maxLength: 3 }),
);

const scope: fc.Arbitrary<Scope> = fc
  .record({
    n: value,
    s: value,
    b: value,
    z: value,
    l: value,
    k: value,
    i: fc.integer({ min: -1, max: 3 }),
    amount: value,
    c: value,
  })
  .map(({ n, s, b, z, l, k, i, amount, c }) => ({
    context: { n, s, b, z, l, i, o: { k } },
    constants: { c },
    eventType: "E",
    eventData: { amount },
    now: 1_700_000_000_000,
    key: "k",
    resultSizeMax: 100_000,
    budgetLeft: EVENT_BUDGET,
    activeIds: () => ["a", "a.b"],
  }));

describe("closureOf()", () => {
  it("gives what cel-js gives, or bails, when expressions and values are random", () => {
    let compiled = 0;
    let answered = 0;
    fc.assert(
      fc.property(expression, fc.array(scope, { minLength: 1, maxLength: 5 }), (source, scopes) => {
        const result = celCompile(source, EXPRESSION_LIMITS);
        if (!result.ok) return;
        const closure = closureOf(result.program.ast);
        if (closure === undefined) return;
        compiled++;
        for (const given of scopes) {
          const ours = closure(given);
          if (ours === BAIL) continue;
          answered++;
          const theirs = celEvaluate(result.program, given);
          assert.ok(
            theirs.ok,
            `${source} is ${String(ours)} here, in cel-js: ${theirs.ok ? "" : theirs.reason}`,
          );
          assert.deepEqual(toJson(ours, 1e6), toJson(theirs.value, 1e6), source);
        }
      }),
      { numRuns: Number(process.env["ORACLE_RUNS"] ?? 3000) },
    );
    // The law would also hold for closures that always bail.
    expect(compiled).toBeGreaterThan(300);
    expect(answered).toBeGreaterThan(300);
  });
});
