import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/base/json.ts";
import { compileExpression, ExpressionFailure, readValue } from "../../src/engine/expressions.ts";
import { EVENT_BUDGET, EXPRESSION_LIMITS, type Scope } from "../../src/engine/expressions-scope.ts";
import { processorMs } from "./support/work.ts";

const scope: Scope = {
  context: {
    count: 3,
    half: 0.5,
    name: "Ada",
    list: [1, 2, 3],
    words: ["a", "b"],
    nothing: null,
    deep: { k: { v: 7 } },
    long: "a".repeat(30),
  },
  constants: { grace: "72h" },
  eventType: "PAY",
  eventData: { amount: 42, type: "other" },
  now: 1_700_000_000_000,
  key: "order:1",
  resultSizeMax: 1000,
  budgetLeft: EVENT_BUDGET,
  activeIds: () => ["paid"],
};

function evaluate(source: string, given: Scope = scope): Json {
  const result = compileExpression(source, EXPRESSION_LIMITS);
  if (!result.ok) throw new Error(result.reason);
  return result.expression.evaluate({ ...given });
}

function refusal(source: string): string {
  const result = compileExpression(source, EXPRESSION_LIMITS);
  return result.ok ? "accepted" : result.reason;
}

function failure(source: string, given: Scope = scope): string {
  try {
    return `gave ${JSON.stringify(evaluate(source, given))}`;
  } catch (error) {
    if (error instanceof ExpressionFailure) return error.message;
    throw error;
  }
}

describe("evaluate() of an expression", () => {
  it.each<[string, Json]>([
    ["context.count + 1", 4],
    ["1 + context.count", 4],
    ["context.count / 2", 1.5],
    ["7 / 2", 3.5],
    ["size(context.list) / 2", 1.5],
    ["math.trunc(7 / 2)", 3],
    ["-7 % 3", -1],
    ["context.count % 2", 1],
    ["5 % context.count", 2],
    ["2 * context.half", 1],
    ["size(context.list) + 1", 4],
    ["size(context.list) / context.count", 1],
    ["9007199254740992 - 1", 9007199254740991],
    ["[1, context.count, 'x']", [1, 3, "x"]],
    ["{'a': 1, 'b': {'c': context.count}}", { a: 1, b: { c: 3 } }],
    ["context.list.map(x, x * 2)", [2, 4, 6]],
    ["context.list.filter(x, x > 1).size()", 2],
    ["context.list.exists(x, x == 2)", true],
    ["context.list.all(x, x < 3)", false],
    ["cel.bind(x, context.count, x + x)", 6],
    ["event.type", "PAY"],
    ["event.amount", 42],
    ["data.type", "other"],
    ["data", { amount: 42, type: "other" }],
    ["event", { amount: 42, type: "PAY" }],
    ["constants.grace", "72h"],
    ["'paid' in state", true],
    ["state", ["paid"]],
    ["now + 1", 1_700_000_000_001],
    ["key + '!'", "order:1!"],
    ["context.name.matches('^A.a$')", true],
    ["context.name.matches('^A') && context.list.exists(x, 'xay'.matches('a'))", true],
    ["context.name.substring(context.half * 2)", "da"],
    ["context.name.substring(0, context.half * 2)", "A"],
    ["context.nothing == null ? 'none' : 'some'", "none"],
    ["has(context.deep.k.v) && !has(context.deep.x)", true],
    ["timestamp('2024-02-29T12:00:00Z')", "2024-02-29T12:00:00Z"],
    ["uint(5)", 5],
    ["context.half % context.count", 0.5],
    ["context.count - 1", 2],
    ["context.name + 'x' < 'B' && 'a' <= 'a' && 'b' > 'a' && context.name >= 'A'", true],
    ["context.name != 'Bob' && context.count <= 3 && !(context.count > 3)", true],
    ["{context.name: 1}[context.name]", 1],
    ["'k' in context.deep && !('x' in context.deep)", true],
    ["size(context.deep) + size(context.words)", 3],
    ["now - 1000 > 5 && key == 'order:1' && size(state) == 1", true],
    ["context.count * 2 + 1 - 1", 6],
    ["9 - context.count", 6],
    ["10 / context.count * context.count", 10],
    ["context.list.map(x, 2 * x)[0] - 1", 1],
    ["context.list.map(x, 1 - x)", [0, -1, -2]],
    ["context.list.map(x, 6 / x)", [6, 3, 2]],
    ["context.list.map(x, x % 2)", [1, 0, 1]],
    ["context.list.map(x, 5 % x)", [0, 1, 2]],
    ["context.list.map(x, x / 2)", [0.5, 1, 1.5]],
    ["-(context.count - context.count)", 0],
    ["now == 1700000000000 && 1700000000000 == now && now != 5", true],
    ["double(context.count) == 3 && size(context.list) == 3.0", true],
    ["context.list.exists(x, x == now) || 1 != 1.0", false],
    ["event.?coupon.orValue('none') + context.?name.orValue('x')", "noneAda"],
    ["context.list[?7].hasValue()", false],
  ])("gives JSON when it is %s", (source, value) => {
    expect(evaluate(source)).toEqual(value);
  });

  it("reads data without object as data, and an event of its type alone, when the data is not an object", () => {
    const given: Scope = { ...scope, eventData: [1, 2] };
    expect(evaluate("data[1]", given)).toBe(2);
    expect(evaluate("event", given)).toEqual({ type: "PAY" });
    expect(evaluate("data == null", { ...scope, eventData: undefined })).toBe(true);
  });

  it("copies fields named __proto__ and constructor as any other when data has them", () => {
    const eventData = JSON.parse('{"a": {"__proto__": 1, "constructor": 2}}') as Json;
    const copy = evaluate("event.a", { ...scope, eventData });
    expect(JSON.stringify(copy)).toBe('{"__proto__":1,"constructor":2}');
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });

  it("looks into fields named constructor as any other when data has them", () => {
    const eventData = JSON.parse(
      '{"constructor": "c", "list": [{"constructor": {"n": 1}}, {"n": 2}]}',
    ) as JsonObject;
    const given = { ...scope, eventData };
    expect(evaluate("event.constructor + event.type", given)).toBe("cPAY");
    expect(evaluate("event.list.map(x, x)", given)).toEqual(eventData["list"]);
    expect(evaluate("event.list.exists(x, has(x.constructor) && x.constructor.n == 1)", given)).toBe(true);
    expect(evaluate("size(event.list[0]) + size(event.list.filter(x, 'constructor' in x))", given)).toBe(2);
    expect(evaluate("has(context.constructor) || 'constructor' in context.deep")).toBe(false);
    expect(failure("context.constructor")).toBe(
      "context has no field 'constructor' at 9; write context.?constructor.orValue(…)",
    );
    expect(refusal("timestamp(0).constructor")).toContain("a timestamp has no field 'constructor'");
    expect(failure("dyn(timestamp(0)).constructor")).toContain("which has no field 'constructor'");
  });

  it("keeps the keys of map literals, whatever they are called, when they are written or computed", () => {
    const given = { ...scope, eventData: { k: "constructor" } };
    expect(JSON.stringify(evaluate("{'constructor': 1, 'prototype': 2, '__proto__': 3, 'a': 4}"))).toBe(
      '{"constructor":1,"prototype":2,"__proto__":3,"a":4}',
    );
    expect(JSON.stringify(evaluate("{event.k: 1}", given))).toBe('{"constructor":1}');
    expect(evaluate("{event.k: 1}[event.k] + {'__proto__': 2}['__proto__']", given)).toBe(3);
    expect(evaluate("has({'a': 1}.constructor) || '__proto__' in {'a': 1}")).toBe(false);
  });

  it.each([
    ["context.missing", "context has no field 'missing' at 9; write context.?missing.orValue(…)"],
    ["context.nme", "context has no field 'nme' at 9; did you mean context.name?"],
    [
      "context.name.length",
      "context.name is the string \"Ada\", which has no field 'length' at 14; write size(context.name)",
    ],
    [
      "context.nothing.x",
      "context.nothing is null, which has no field 'x' at 17; ask with context.nothing != null first",
    ],
    [
      "context.count > 'a'",
      'no operation number 3 > string "a" at 1; write double(…) to make a number of the string',
    ],
    [
      "'n=' + context.count",
      'no operation string "n=" + number 3 at 1; write string(…) to make a string of the other',
    ],
    [
      "context.list[7]",
      "index 7 is beyond the list: context.list has size 3 at 1; write context.list[?7].orValue(…)",
    ],
    ["context.list.filter(x, x > 9)[0]", "has size 0 at 1"],
    ["context.deep['x']", "context.deep has no key \"x\" at 1; write context.deep[?'x'].orValue(…)"],
    [
      "dyn(context.list).contains(dyn(2))",
      "there is no contains(number 2) of list [1,2,3], there is string.contains(string) at 1; write dyn(2) in dyn(context.list)",
    ],
    ["context.count / 0", "division of 3 by zero at 1"],
    ["[context.count % 0]", "division of 3 by zero at 2"],
    ["1e308 * 10", "the number is too large at 1"],
    [
      "context.count && true",
      "context.count must be true or false, it is number 3 at 1; write a comparison, such as context.count != null",
    ],
    ["int('')", '"" is not a whole number at 1'],
    ["int('1.5')", '"1.5" is not a whole number at 1; write double(…) or math.trunc(double(…))'],
    ["int('9007199254740993')", "is not exact as a number at 1; keep it as a string"],
    ["timestamp('2026-02-30T00:00:00Z')", "is not a date and time that exists at 1"],
    [
      "timestamp('2026-02-03T00:00:00')",
      "has no time zone at 1; end it with Z or with an offset such as +02:00",
    ],
    ["duration('P1M')", "; years and months have no fixed length"],
    [
      "timestamp(0).getHours('Mars/Base')",
      "unknown time zone \"Mars/Base\" at 1; write a name such as 'Europe/Berlin' or an offset such as '+02:00'",
    ],
    ["context.name.substring(2, 1)", "substring(2, 1) is out of range of a string of 3 characters at 1"],
    [
      "context.name.substring(context.count * 3)",
      "substring(9, 3) is out of range of a string of 3 characters",
    ],
    [
      "dyn(context.count).matches('a')",
      'there is no matches(string "a") of number 3, there is string.matches(string) at 1',
    ],
    ["optional.none()", "the result is an optional without value; say what to take instead: .orValue(…)"],
    ["double('NaN')", "the result is NaN, which is not a JSON number"],
    ["string", "the result is a type, which is not a JSON value; a string is written '…'"],
    ["{1: 'a', '1': 'b'}", "the result has two keys that are the same text in JSON, such as 1 and '1'"],
    ["['a', 1].sort()", 'string "a" and number 1 cannot be put in order at 1'],
  ])("fails with a reason when it is %s", (source, reason) => {
    expect(failure(source)).toContain(reason);
  });
});

describe("compileExpression()", () => {
  it.each([
    ["context.total >", "Unexpected token: the end of the expression at 16"],
    [
      "hello",
      "Unknown variable: hello at 1; there are context, event, data, constants, state, now, key, children, parent, and a string is written \"'hello'\"",
    ],
    ["contxt.n", "Unknown variable: contxt at 1; did you mean context? there are"],
    ["1 + 'a'", "no operation number + string at 1; write string(…) to make a string of the other"],
    ["optional.foo(1)", "there is no function optional.foo at 1; there are optional.none, optional.of"],
    ["foo(1)", "there is no function foo at 1"],
    ["context.list.min('a')", "there is no min(string) of dyn, there is list.min() at 1"],
    ["context.list.contains(2)", "; write 2 in context.list"],
    ["round(context.x)", "there is no function round at 1; write math.round(context.x)"],
    ["context.x.round()", "there is no function round at 1; write math.round(context.x)"],
    ["context.a and context.b", "; write a && b"],
    ["context.a or context.b", "; write a || b"],
    ["not context.a", "; write !a"],
    ["context.a = 1", "; write == to compare"],
    ["context.a === 1", "; write =="],
    ["context.a ?? 1", "; write a.?b.orValue(c) for a default"],
    ["context?.a", "; write a.?b and say what to take instead: a.?b.orValue(…)"],
    ["context.l.map(x => x.a)", "; write list.map(x, …) instead of a function"],
    ["if context.a then 1 else 2", "; write condition ? a : b"],
    ["`a` + context.b", "; write 'text' in single or double quotes"],
    [
      "[1, 2].contains(1)",
      "there is no contains(number) of list, there is string.contains(string) at 1; write 1 in [1, 2]",
    ],
    ["[1].length", "a list has no field 'length' at 1; write size([1])"],
    ["len(context.l)", "; write size(context.l)"],
    ["context.s.toUpperCase()", "; write context.s.upperAscii()"],
    ["context.l.includes(1)", "; write x in context.l for a list, context.l.contains(text) for a string"],
    ["Math.max(1, 2)", "; write math.max(1, 2)"],
    ["JSON.stringify(context.a)", "; write json.encode(context.a)"],
    ["Date.now()", "; write now"],
    ["startsWith(context.s, 'a')", "; write context.s.startsWith('a')"],
    ["context.s.startWith('a')", "; did you mean startsWith?"],
    ["now.getHours()", "; write timestamp(now).getHours()"],
    ["context.a.orValue(1) + [1].orValue(2)", "orValue takes an optional, [1] is none at 24"],
    [
      "9007199254740993",
      "the number 9007199254740993 is not exact, it would be 9007199254740992; write it as a string, '9007199254740993' at 1",
    ],
    ["b'abc'", "there are no bytes here; write a string, '…' at 1"],
    ["{1.5: 1}", "a key is a string, a whole number, true or false"],
    ["context.l.map(1, 2)", "invalid predicate iteration variable"],
    ["[1].all(x, x + 1)", "x + 1 must be true or false, it is a number"],
    ["has(context)", "has takes a field, such as has(event.amount)"],
    ["context.s.matches('(?=a)')", "invalid or unsupported Perl syntax: `(?=` at 19"],
    ["context.s.matches('(a{1000}|b{1000}){9}')", "invalid repeat count"],
    [
      "context.s.matches('a{900}b{900}c{900}d{900}e{900}f{900}g{900}h{900}i{900}j{900}k{900}l{900}')",
      "too large",
    ],
    [`context.s.matches('(${"ab?".repeat(100)}){60}')`, "the pattern is too large: it may have 10000 states"],
    ["context.s.matches('a{2000}')", "invalid repeat count: `{2000}` at 19"],
    ["[1].map(a, [1].map(b, [1].map(c, [1].map(d, d))))", "macros may be nested 3 deep at 34"],
    [
      "cel.bind(a, 1, cel.bind(b, a, cel.bind(c, b, cel.bind(d, c, d))))",
      "macros may be nested 3 deep at 46",
    ],
    [`'${"x".repeat(5000)}'`, "an expression may have 4096 characters, this one has 5002"],
    [`${"(".repeat(100)}1${")".repeat(100)}`, "Exceeded maxDepth (40) at 41"],
    [`1${"+1".repeat(600)}`, "Exceeded maxAstNodes (500) at 1"],
  ])("refuses %s", (source, reason) => {
    expect(refusal(source)).toContain(reason);
  });

  it("lists the paths it reads, each once, in the order of the text, when there are several", () => {
    const result = compileExpression(
      "context.list[context.i] > event.?a.orValue(1) && context.deep['k'].v == context.list[0] || event.b > 1",
      EXPRESSION_LIMITS,
    );
    expect(result.ok && result.expression.reads.map(({ path }) => path)).toEqual([
      "context.list",
      "context.i",
      "event.?a",
      "context.deep['k'].v",
      "context.list[0]",
      "event.b",
    ]);
  });
});

describe("readValue()", () => {
  it.each<[string, Json | undefined]>([
    ["context.deep['k'].v", 7],
    ["context.list[1]", 2],
    ["context.name.x", undefined],
    ["constants.grace", "72h"],
    ["event.amount", 42],
    ["data.amount", 42],
    ["state[0]", "paid"],
    ["now", 1_700_000_000_000],
    ["key", "order:1"],
  ])("gives the value of %s", (source, value) => {
    const result = compileExpression(source, EXPRESSION_LIMITS);
    const read = result.ok ? result.expression.reads[0] : undefined;
    expect(read && readValue(read, scope)).toEqual(value);
  });

  it("gives nothing when the variable is unknown", () => {
    expect(readValue({ path: "x", keys: ["x"] }, scope)).toBeUndefined();
  });
});

describe("the bounds of an evaluation", () => {
  const big: Scope = {
    ...scope,
    context: {
      l: Array.from({ length: 1000 }, (_, i) => i),
      s: "x".repeat(1000),
      m: Array.from({ length: 50_000 }, (_, i) => i),
    },
  };

  it("stops macros inside one another when they take too many steps", () => {
    expect(failure("context.l.map(a, context.l.map(b, context.l.map(c, a + b + c))).size()", big)).toContain(
      "takes more than 1000000 steps",
    );
  });

  it("stops comparisons of long lists when they are repeated", () => {
    expect(failure("context.m.all(x, x in context.m)", big)).toContain("takes more than 1000000 steps");
    expect(failure("context.m.all(x, context.m == context.m + [])", big)).toContain(
      "takes more than 1000000 steps",
    );
  });

  it.each([
    ["bodies that are long", `numbers.exists(x, ${Array(90).fill("x > 1000000").join(" || ")})`],
    ["errors that are passed over", `numbers.exists(x, ${Array(90).fill("x.y > 1").join(" || ")})`],
    [
      "times in time zones",
      "numbers.exists(x, timestamp('2026-01-02T03:04:05Z').getHours('Asia/Tokyo') > 99)",
    ],
    ["patterns with many states", "numbers.exists(x, context.s.matches('[ab]{0,1000}z$'))"],
  ])("stops early when it is %s", (_what, source) => {
    const numbers = Array.from({ length: 100_000 }, (_, i) => i);
    const context = { numbers, s: "a".repeat(5000) };
    const run = () =>
      expect(failure(`context.${source}`, { ...big, context })).toContain("takes more than 1000000 steps");
    // Measured: a tenth of a second; without bounds 1 s, 165 s, 9 s.
    expect(processorMs(run, 1)).toBeLessThan(2000);
  });

  it("stops when the evaluations of one event take too much in all", () => {
    const costly = compileExpression("context.m.exists(x, x < 0)", EXPRESSION_LIMITS);
    if (!costly.ok) throw new Error(costly.reason);
    const event: Scope = { ...big, budgetLeft: EVENT_BUDGET };
    const evaluated = (): Json => costly.expression.evaluate(event);
    // Each is within the bound of one expression, a tenth of that of an event.
    for (let i = 0; i < 10; i++) expect(evaluated()).toBe(false);
    expect(() => {
      for (let i = 0; i < 30; i++) evaluated();
    }).toThrow("the expressions of one event take too many steps or characters in all");
  });

  it("bounds the work of matches()", () => {
    const given = { ...big, context: { s: "a".repeat(500_000) } };
    expect(evaluate("context.s.matches('a$')", given)).toBe(true);
    expect(failure("context.s.matches('[ab]{0,1000}z$')", given)).toContain("takes more than 1000000 steps");
  });

  it("stops texts that double when they are bound again and again", () => {
    const double = (depth: number): string =>
      depth === 0 ? "a" : `cel.bind(a, ${Array(40).fill("a").join("+")}, ${double(depth - 1)})`;
    expect(failure(`cel.bind(a, context.s, ${double(2)})`, big)).toContain("takes more than 1000000 steps");
  });

  it("refuses results that are too large when they are small in memory", () => {
    expect(failure("[context.s, context.s]", big)).toBe("the result is larger than 1000 characters");
    expect(failure("context.s", big)).toBe("the result is larger than 1000 characters");
    expect(failure("context.l.map(x, {'key': x})", big)).toBe("the result is larger than 1000 characters");
  });

  it("refuses results that are nested too deep, instead of overflowing the stack", () => {
    let data: Json = 1;
    for (let i = 0; i < 100_000; i++) data = [data];
    expect(failure("data", { ...scope, eventData: data })).toBe("the result is nested deeper than 200");
    expect(failure("data == [data]", { ...scope, eventData: data })).toBe("nested deeper than 200");
  });

  it("matches in linear time when the pattern would ruin a backtracking engine", () => {
    const context = { s: "x".repeat(20_000) };
    const run = () => {
      expect(evaluate("context.long.matches('(a+)+$')")).toBe(true);
      expect(evaluate("context.s.matches('(x+)+y$')", { ...big, context })).toBe(false);
    };
    expect(processorMs(run, 1)).toBeLessThan(2000);
  });
});
