/**
 * Random expressions against cel-js, the reference: what has a value there has the same here, what fails there because a
 * key is missing fails here. Where it finds no operation for the kinds of values, the dialects may differ.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/base/json.ts";
import { compileExpression, ExpressionFailure } from "../../src/engine/expressions.ts";
import { EXPRESSION_LIMITS, type Scope } from "../../src/engine/expressions-scope.ts";
import { referenceOf } from "./support/cel-reference.ts";
import { scopeWith } from "./support/scope.ts";

const leaf = fc.constantFrom(
  "1",
  "0",
  "2.5",
  "-3",
  "'a'",
  "'ab'",
  "' aXb '",
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
  "context.o[key]",
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
  "{'a': 1, 'b': context.n}",
);

const METHODS = [
  "trim()",
  "lowerAscii()",
  "upperAscii()",
  "size()",
  "split('a')",
  "split('', 2)",
  "substring(1)",
];
const SEARCHES = ["contains", "startsWith", "endsWith", "indexOf", "lastIndexOf"];

const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const inner = tie("expression");
  return {
    expression: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      fc
        .tuple(
          inner,
          fc.constantFrom("+", "-", "*", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "in"),
          inner,
        )
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      // Whole numbers divide as whole numbers there, so one of them is none.
      fc.tuple(inner, inner).map(([left, right]) => `(double(${left}) / ${right})`),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      fc.tuple(fc.constantFrom("!", "-"), inner).map(([sign, value]) => `${sign}(${value})`),
      fc
        .tuple(fc.constantFrom("size", "string", "double", "bool", "dyn"), inner)
        .map(([name, value]) => `${name}(${value})`),
      // An empty text is 0 there.
      inner.map((value) => `int(double(${value}))`),
      fc.tuple(inner, fc.constantFrom(...METHODS)).map(([value, method]) => `(${value}).${method}`),
      fc
        .tuple(inner, fc.constantFrom(...SEARCHES), leaf)
        .map(([text, name, part]) => `(${text}).${name}(${part})`),
      fc.tuple(inner, fc.constantFrom("join()", "join('-')")).map(([list, method]) => `(${list}).${method}`),
      inner.map((text) => `(${text}).matches('^a+b?$')`),
      fc
        .tuple(inner, fc.constantFrom("map", "filter", "exists", "all", "exists_one"), inner, leaf)
        .map(
          ([list, name, body, other]) =>
            `(${list}).${name}(x, ${name === "map" ? body : `x == ${other} || ${body} == x`})`,
        ),
      fc.tuple(inner, inner).map(([value, body]) => `cel.bind(y, ${value}, [y, ${body}, y])`),
      fc
        .tuple(
          fc.constantFrom("context.?n", "context.?missing", "context.o.?k", "context.l[?0]", "context.l[?9]"),
          inner,
        )
        .map(([optional, other]) => `${optional}.orValue(${other})`),
      fc.constantFrom(
        "has(context.n)",
        "has(context.o.k)",
        "has(context.o.x)",
        "has(context.missing.x)",
        "has(event.amount)",
        "context.?n.hasValue()",
        "optional.of(context.n).or(context.?z).value()",
      ),
      // A list as a key is made a text there.
      fc
        .tuple(leaf, fc.constantFrom("0", "1", "7", "'k'", "key", "context.i"))
        .map(([list, index]) => `(${list})[${index}]`),
    ),
  };
});

const value: fc.Arbitrary<Json> = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(1.5, -0.25, 2 ** 40),
  fc.constantFrom("a", "ab", "", "k", "12", "true"),
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
  .map(({ n, s, b, z, l, k, i, amount, c }) =>
    scopeWith({
      context: { n, s, b, z, l, i, o: { k } },
      constants: { c },
      eventData: { amount },
      activeIds: () => ["a", "a.b"],
    }),
  );

/** The value here; undefined, with the reason, where there is none. */
function valueHere(
  source: string,
  given: Scope,
): { readonly value?: Json; readonly reason?: string; readonly refusal?: string } {
  const result = compileExpression(source, EXPRESSION_LIMITS);
  if (!result.ok) return { refusal: result.reason };
  try {
    return { value: result.expression.evaluate({ ...given }) };
  } catch (error) {
    if (error instanceof ExpressionFailure) return { reason: error.message };
    throw error;
  }
}

describe("an expression", () => {
  it("has the value that it has in cel-js when expressions and values are random", () => {
    let compared = 0;
    let failed = 0;
    let refused = 0;
    fc.assert(
      fc.property(expression, fc.array(scope, { minLength: 1, maxLength: 4 }), (source, scopes) => {
        for (const given of scopes) {
          const theirs = referenceOf(source, given);
          if (theirs.kind === "unsupported") continue;
          const ours = valueHere(source, given);
          // Some texts are refused before they are evaluated, for a part that is not reached there.
          if (ours.refusal !== undefined) {
            refused++;
            continue;
          }
          if (theirs.kind === "value") {
            // Infinity passes through there.
            if (/by zero|too large/.test(ours.reason ?? "")) continue;
            compared++;
            assert.equal(ours.reason, undefined, `${source} is ${JSON.stringify(theirs.value)} in cel-js`);
            assert.deepEqual(ours.value, theirs.value, source);
          } else {
            failed++;
            assert.equal(ours.value, undefined, `${source} fails in cel-js: ${theirs.reason}`);
          }
        }
      }),
      { numRuns: Number(process.env["ORACLE_RUNS"] ?? 3000) },
    );
    // The law would also hold if nothing were compared.
    expect(compared).toBeGreaterThan(500);
    expect(failed).toBeGreaterThan(20);
    expect(refused).toBeLessThan(compared / 10);
  });
});
