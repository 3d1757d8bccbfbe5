/** Every function with arguments of any kind: it has a value or a reason, and never breaks the engine. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileExpression, ExpressionFailure } from "../../src/engine/expressions.ts";
import { FUNCTION_NAMES } from "../../src/engine/expressions-calls.ts";
import { EVENT_BUDGET, EXPRESSION_LIMITS } from "../../src/engine/expressions-scope.ts";
import { scopeWith } from "./support/scope.ts";

const MACROS = [
  "all",
  "exists",
  "exists_one",
  "map",
  "filter",
  "sortBy",
  "transformList",
  "transformMap",
  "optMap",
];

const argument = fc.constantFrom(
  "0",
  "-1",
  "2.5",
  "1e300",
  "double('NaN')",
  "double('Infinity')",
  "9007199254740992",
  "''",
  "'😀a'",
  "'%s %d'",
  "'(a|b)*'",
  "'['",
  "'2026-01-02T03:04:05Z'",
  "'30s'",
  "'Europe/Berlin'",
  "'aGk='",
  "'[1'",
  "true",
  "null",
  "[]",
  "[1, 2, 1]",
  "['b', 'a']",
  "[null, {}]",
  "[optional.none(), optional.of(1)]",
  "{}",
  "{'a': 1, 'constructor': 2}",
  "{1: 'a', true: []}",
  "timestamp(0)",
  "duration('-1h')",
  "optional.none()",
  "optional.of('x')",
  "string",
  "context",
  "event.?x",
);

const call = fc
  .tuple(
    fc.constantFrom(...FUNCTION_NAMES, ...MACROS.map((name) => `.${name}`), "fold", "cel.bind"),
    fc.array(argument, { maxLength: 4 }),
    fc.boolean(),
  )
  .map(([name, given, isOpen]) => {
    const args = isOpen ? given.map((text) => `dyn(${text})`) : given;
    const macro = name.slice(1);
    const [first = "[1]", ...rest] = args;
    if (MACROS.includes(macro))
      return `(${first}).${macro}(x, ${/^transform/.test(macro) ? "y, " : ""}${rest[0] ?? "x"})`;
    if (name === "fold") return `fold(${first}, a, x, ${rest[0] ?? "0"}, [a, x, ${rest[1] ?? "x"}])`;
    if (name === "cel.bind") return `cel.bind(x, ${first}, [x, ${rest[0] ?? "x"}])`;
    return name.startsWith(".") ? `(${first})${name}(${rest.join(", ")})` : `${name}(${args.join(", ")})`;
  });

const expression = fc
  .tuple(call, fc.constantFrom("", "+", "-", "*", "/", "%", "==", "<", "in", "&&", "?"), argument)
  .map(([left, operator, right]) => {
    if (operator === "") return left;
    return operator === "?" ? `${left} ? ${right} : ${left}` : `${left} ${operator} ${right}`;
  });

describe("compileExpression() and evaluate()", () => {
  it("give a value, a refusal or a failure when functions and arguments are random", () => {
    const seen = { values: 0, failures: 0, refusals: 0 };
    fc.assert(
      fc.property(expression, (source) => {
        const result = compileExpression(source, EXPRESSION_LIMITS);
        if (!result.ok) {
          seen.refusals++;
          expect(result.reason).not.toMatch(/undefined|\[object/);
          return;
        }
        const scope = scopeWith({ context: { n: 1, l: [1] }, eventData: { x: null } });
        try {
          const value = result.expression.evaluate(scope);
          seen.values++;
          expect(JSON.parse(JSON.stringify(value))).toEqual(value);
        } catch (error) {
          if (!(error instanceof ExpressionFailure)) throw error;
          seen.failures++;
          expect(error.message).not.toMatch(/undefined|\[object/);
          expect(error.message.length).toBeLessThan(600);
        }
        expect(scope.budgetLeft).toBeGreaterThanOrEqual(0);
        expect(scope.budgetLeft).toBeLessThan(EVENT_BUDGET);
        expect(Number.isInteger(scope.budgetLeft)).toBe(true);
      }),
      { numRuns: Number(process.env["ORACLE_RUNS"] ?? 3000) },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(20);
  });

  it("refuse a random string that is not an expression, with a reason", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc
        .array(
          fc.constantFrom(
            "'",
            '"',
            "`",
            "[",
            "]",
            "{",
            "?",
            ".",
            "..",
            "5u",
            ".5",
            "in",
            "a",
            "(",
            ")",
            ":",
            ",",
            "-",
            "\\",
            "r'",
            "0x",
          ),
          {
            maxLength: 30,
          },
        )
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (source) => {
        const result = compileExpression(source, EXPRESSION_LIMITS);
        if (!result.ok) expect(result.reason.length).toBeGreaterThan(5);
      }),
      { numRuns: Number(process.env["ORACLE_RUNS"] ?? 3000) },
    );
  });
});
