/** The function library: edges that docs/expressions.md does not show, and laws on random values. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/base/json.ts";
import { compileExpression, ExpressionFailure } from "../../src/engine/expressions.ts";
import { EXPRESSION_LIMITS } from "../../src/engine/expressions-scope.ts";
import { scopeWith } from "./support/scope.ts";

/** The value of an expression over a context, or why there is none. */
function evaluate(source: string, context: JsonObject = {}): Json {
  const result = compileExpression(source, EXPRESSION_LIMITS);
  if (!result.ok) return `refused: ${result.reason}`;
  try {
    return result.expression.evaluate(scopeWith({ context }));
  } catch (error) {
    if (error instanceof ExpressionFailure) return `failed: ${error.message}`;
    throw error;
  }
}

describe("a function", () => {
  it.each<[string, Json]>([
    // Numbers.
    ["math.round(0.5) + math.round(-0.5)", 0],
    ["math.round(2.675, 2)", 2.68],
    ["math.round(1e21)", 1e21],
    ["math.round(1e-7, 7)", 1e-7],
    ["math.round(123.456, -1)", 120],
    ["math.round(5e-324, 2)", 0],
    ["math.sign(-0.0)", 0],
    ["math.pow(2, -1)", 0.5],
    ["math.pow(10, 400)", "failed: the number is too large at 1"],
    ["math.pow(-8, 0.5)", "failed: the result is not a number at 1"],
    ["math.sqrt(-1)", "failed: math.sqrt of -1, which is negative at 1"],
    ["math.max([])", "failed: math.greatest and math.least take one number at least at 1"],
    ["math.bitShiftLeft(1, 62)", "failed: 4611686018427387904 is not exact as a number at 1"],
    ["5 % -3", 2],
    ["-5.5 % 2", -1.5],
    // Texts.
    ["'a'.charAt(1)", ""],
    ["'😀😀'.indexOf('😀', 1)", 1],
    ["'😀x😀'.lastIndexOf('😀')", 2],
    ["'😀'.substring(0, 1)", "😀"],
    ["'a😀b'.split('')", ["a", "😀", "b"]],
    ["'aaa'.replace('', '-')", "-a-a-a-"],
    ["'aXbXc'.split('X', 2)", ["a", "bXc"]],
    ["'%5'.format([])", "failed: a % that stands for itself is written %% at 1"],
    ["'%s %s'.format([1])", "failed: format has no value for %s at 1"],
    ["'%q'.format([1])", "failed: there is no %q in format at 1; there are %s %d %f %e %b %o %x %X"],
    ["'%s'.format([{'b': [1, null], 'a': true}])", "{a: true, b: [1, null]}"],
    [
      "[1, 'a'].join(',')",
      "failed: join takes a list of strings, this has 1 at 1; write list.map(x, string(x)).join(…)",
    ],
    ["'é' < 'z'", false],
    ["'\\uFFFD' < '😀'", true],
    // Regular expressions.
    ["'(a+)+$'.size() > 0 && 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('(a+)+$')", false],
    [
      "regex.extract('abc', '(a)(b)')",
      "failed: the pattern has several groups at 1; a group that is not asked for is written (?:…)",
    ],
    ["regex.extract('abc', 'x').hasValue()", false],
    ["regex.replace('aaa', 'a', 'b', 2)", "bba"],
    ["regex.replace('abc', '(b)', r'[\\1\\0]')", "a[bb]c"],
    ["regex.replace('abc', 'b', r'\\2')", 'failed: the replacement "\\\\2" names no group with \\2 at 1'],
    ["'abc'.matches(context.pattern)", true],
    ["'abc'.matches(context.bad)", "failed: missing closing ): `(` at 1"],
    // Lists and maps.
    ["[1, '1', true, null, 1.0].distinct()", [1, "1", true, null]],
    ["[{'a': 1}, {'a': 1.0}].distinct()", [{ a: 1 }]],
    ["[[2], [1]].sortBy(x, x[0])", [[1], [2]]],
    ["['b', 'B', 'a'].sort()", ["B", "a", "b"]],
    ["[].sum()", 0],
    ["[duration('1m'), duration('30s')].sum()", "90s"],
    ["[].max()", "failed: max of an empty list at 1; ask size(list) > 0 first"],
    ["[1, 2, 3].slice(2)", [3]],
    ["[1].slice(0, 2)", "failed: slice(0, 2) is out of range of a list of size 1 at 1"],
    ["{'a': 1}.without('b')", { a: 1 }],
    ["{1: 'a', 2: 'b'}.without(1)", { "2": "b" }],
    ["{1: 'a'}.merge({'x': 2})", { "1": "a", x: 2 }],
    ["json.decode('{\"1\": 2}').without(1)", {}],
    ["fold([], a, x, 'none', 'some')", "none"],
    ["fold({'a': 1, 'b': 2}, sum, k, '', sum + k)", "ab"],
    ["range(3, 1)", []],
    ["sets.contains([[1], 2], [[1.0]])", true],
    ["[1, 2].exists(i, v, i + v == 3)", true],
    ["context.l.map(x, context.l.filter(y, y < x).size())", [2, 0, 1]],
    ["context.l.map(context, context)", [3, 1, 2]],
    // Time.
    ["timestamp('2024-02-29')", "2024-02-29T00:00:00Z"],
    ["timestamp('2023-02-29')", 'failed: "2023-02-29" is not a date and time that exists at 1'],
    [
      "timestamp('2026-01-02T25:00:00Z')",
      'failed: "2026-01-02T25:00:00Z" is not a date and time that exists at 1',
    ],
    ["timestamp('0001-01-01T00:00:00Z') - duration('1ns')", "failed: a time is in the years 1 to 9999 at 1"],
    ["timestamp(-1)", "1969-12-31T23:59:59.999Z"],
    ["timestamp('1969-12-31T23:59:59.5Z').getMilliseconds()", 500],
    ["int(timestamp('1969-12-31T23:59:59.9999Z'))", -1],
    ["timestamp('2026-03-29T00:59:59Z').getHours('Europe/Berlin')", 1],
    ["timestamp('2026-03-29T01:00:00Z').getHours('Europe/Berlin')", 3],
    ["timestamp('2026-10-25T00:30:00Z').getHours('Europe/Berlin')", 2],
    ["timestamp('2026-01-01T00:30:00Z').getFullYear('-01:00')", 2025],
    ["timestamp('2026-01-01T00:30:00Z').getDayOfYear('America/New_York')", 364],
    ["timestamp('2026-01-01').getHours('05:30')", 5],
    ["timestamp(now) == now && now == timestamp(now)", true],
    ["timestamp(now) in [now]", true],
    ["duration(90000) == duration('1m30s')", true],
    ["duration('1.5h')", "5400s"],
    ["duration('-1h30m')", "-5400s"],
    ["duration('P1W')", "604800s"],
    ["duration('1 h')", "failed: \"1 h\" is not a duration, such as '30s', '1h30m', '7d' or 'PT72H' at 1"],
    ["string(duration('0.5s')) + string(timestamp(0))", "0.5s1970-01-01T00:00:00Z"],
    ["timestamp(0) + 5", "refused: no operation timestamp + number at 1; write time + duration('1h')"],
    // Conversions.
    ["int('+7')", 7],
    ["int(' 7')", 'failed: " 7" is not a whole number at 1'],
    ["double('1e400')", "failed: the result is Infinity, which is not a JSON number"],
    ["bool('yes')", 'failed: "yes" is neither true nor false at 1'],
    [
      "string(null)",
      "failed: string takes a number, a string, true or false, or a time, this is null null at 1",
    ],
    [
      "string([1])",
      "failed: string takes a number, a string, true or false, or a time, this is list [1] at 1; write json.encode(…)",
    ],
    ["json.decode('{')", 'failed: "{" is not JSON at 1'],
    ["json.encode(timestamp(0))", '"1970-01-01T00:00:00Z"'],
    ["base64.decode('/w==')", 'failed: "/w==" is not a base64 string at 1'],
    ["base64.decode(base64.encode('añ😀'))", "añ😀"],
    // Values that may be missing.
    ["context.?l[1]", 1],
    ["context.?nothing.orValue(context.l.map(x, x / 0))", "failed: division of 3 by zero at 43"],
    ["context.?l.orValue(context.missing)", [3, 1, 2]],
    ["optional.of(optional.none()).value().hasValue()", false],
    ["optional.unwrap([optional.of(1), optional.none()])", [1]],
    ["context.?l.optMap(l, l.size()).orValue(0)", 3],
    ["context.l.first().value() + context.l.last().value()", 5],
  ])("returns the right value at the edges: %s", (source, value) => {
    expect(evaluate(source, { l: [3, 1, 2], pattern: "^a.c$", bad: "(" })).toEqual(value);
  });
});

describe("the library", () => {
  it("counts, cuts and finds code points when texts are random", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 12 }),
        fc.nat(12),
        fc.nat(12),
        (text, from, length) => {
          const points = [...text];
          expect(evaluate("size(context.t)", { t: text })).toBe(points.length);
          expect(evaluate("context.t.reverse()", { t: text })).toBe(points.toReversed().join(""));
          if (from + length > points.length) return;
          const part = points.slice(from, from + length).join("");
          expect(
            evaluate("context.t.substring(context.a, context.b)", { t: text, a: from, b: from + length }),
          ).toBe(part);
        },
      ),
    );
  });

  it("rounds the printed decimal half away from zero when numbers are random", () => {
    const cents = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });
    fc.assert(
      fc.property(cents, fc.nat(9), fc.integer({ min: 0, max: 4 }), (whole, last, digits) => {
        // A decimal of digits + 1 places, rounded by hand.
        const size = Math.abs(whole);
        const text = `${whole < 0 ? "-" : ""}${size}e-${digits}`;
        const longer = Number(`${whole < 0 ? "-" : ""}${size}${last}e-${digits + 1}`);
        const up = Number(`${whole < 0 ? "-" : ""}${size + 1}e-${digits}`);
        expect(evaluate("math.round(context.x, context.d)", { x: longer, d: digits })).toBe(
          (last >= 5 ? up : Number(text)) + 0,
        );
      }),
    );
  });

  it("sorts as JavaScript does, and drops equal items only, when lists are random", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 })), (list) => {
        expect(evaluate("context.l.sort()", { l: list })).toEqual(list.toSorted((a, b) => a - b));
        expect(evaluate("context.l.distinct()", { l: list })).toEqual([...new Set(list)]);
        expect(evaluate("fold(context.l, s, x, 0, s + x) == context.l.sum()", { l: list })).toBe(true);
      }),
    );
  });

  it("reads again what it writes when times and lengths of time are random", () => {
    const ms = fc.integer({ min: -60_000_000_000_000, max: 250_000_000_000_000 });
    fc.assert(
      fc.property(ms, (at) => {
        expect(evaluate("int(timestamp(string(timestamp(context.at))))", { at })).toBe(at);
        expect(evaluate("int(duration(string(duration(context.at))))", { at })).toBe(at);
        expect(evaluate("string(timestamp(context.at))", { at })).toBe(
          new Date(at)
            .toISOString()
            .replace(/\.?0+Z$/, "Z")
            .replace(/(:\d)Z$/, "$10Z"),
        );
      }),
    );
  });
});
