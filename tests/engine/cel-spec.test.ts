/** The conformance cases of the CEL specification. What does not hold here is named in cel-spec-exclusions.json. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compile } from "../../src/engine/expressions-closures.ts";
import { RefusedExpression } from "../../src/engine/expressions-compiler.ts";
import { startMeter } from "../../src/engine/expressions-meter.ts";
import { parse } from "../../src/engine/expressions-parse.ts";
import { EXPRESSION_LIMITS } from "../../src/engine/expressions-scope.ts";
import { show } from "../../src/engine/expressions-show.ts";
import { CelType, Duration, equals, Failure, mapOf, Timestamp } from "../../src/engine/expressions-values.ts";
import { scopeWith } from "./support/scope.ts";

type Tagged = { readonly [tag: string]: unknown };
type Case = {
  readonly id: string;
  readonly expr: string;
  readonly bindings?: { readonly [name: string]: Tagged };
  readonly value?: Tagged;
  readonly error?: true;
};
type Exclusion = { readonly kind: string; readonly reason: string; readonly cases: readonly string[] };

const folder = join(import.meta.dirname, "../cases");
const cases = readFileSync(join(folder, "cel-spec.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Case);
const exclusions = JSON.parse(
  readFileSync(join(folder, "cel-spec-exclusions.json"), "utf8"),
) as readonly Exclusion[];
const excluded = new Map(
  exclusions.flatMap(({ reason, cases: ids }) => ids.map((id): readonly [string, string] => [id, reason])),
);

/** The value that a tagged one stands for. */
function taggedValue(tagged: Tagged): unknown {
  const [[tag, value] = ["", undefined]] = Object.entries(tagged);
  switch (tag) {
    case "int":
    case "uint":
    case "double":
      return value === "inf" ? Number.POSITIVE_INFINITY : Number(value);
    case "list":
      return (value as readonly Tagged[]).map(taggedValue);
    case "map":
      return mapOf(
        (value as readonly (readonly [Tagged, Tagged])[]).map(([key, item]) => [
          taggedValue(key),
          taggedValue(item),
        ]),
      );
    case "timestamp":
      return new Timestamp(nanosOf(value));
    case "duration":
      return new Duration(nanosOf(value));
    case "null":
      return null;
    case "type":
      return new CelType(String(value));
    case "bytes":
      return new Failure("there are no bytes");
    default:
      return value;
  }
}

function nanosOf(value: unknown): bigint {
  const [seconds, nanos] = value as readonly [string, string];
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}

/** The value of an expression, or why it has none. */
function evaluate({ expr, bindings = {} }: Case): unknown {
  const locals = Object.fromEntries(
    Object.entries(bindings).map(([name, value]) => [name, taggedValue(value)]),
  );
  const parsed = parse(expr, EXPRESSION_LIMITS);
  if (!parsed.ok) return new Failure(parsed.reason);
  const base = { source: expr, limits: EXPRESSION_LIMITS, cells: new Map(), macroDepth: 0, compile };
  startMeter(EXPRESSION_LIMITS.budget);
  try {
    const { run } = compile(parsed.tree, { ...base, locals: Object.keys(locals) });
    // Why a cast: values such as points in time come as JSON in real scopes.
    return run(scopeWith({ locals: locals as never }));
  } catch (error) {
    if (error instanceof RefusedExpression) return new Failure(error.message);
    throw error;
  }
}

/** What does not hold in a case; undefined when it holds. */
function faultOf(given: Case): string | undefined {
  const value = evaluate(given);
  if (given.error === true)
    return value instanceof Failure ? undefined : `${show(value)} instead of an error`;
  if (value instanceof Failure) return value.text;
  return equals(value, taggedValue(given.value ?? {}))
    ? undefined
    : `${show(value)} instead of ${JSON.stringify(given.value)}`;
}

test("all cases are read, and each exclusion is one of them", () => {
  expect(cases).toHaveLength(954);
  const ids = new Set(cases.map(({ id }) => id));
  expect([...excluded.keys()].filter((id) => !ids.has(id))).toEqual([]);
});

test("expressions behave as the CEL specification says when the case is not excluded", () => {
  const faults = cases
    .filter(({ id }) => !excluded.has(id))
    .map((given) => ({ id: given.id, expr: given.expr, fault: faultOf(given) }))
    .filter(({ fault }) => fault !== undefined);
  expect(faults).toEqual([]);
});

test("no excluded case passes", () => {
  expect(
    cases.filter((given) => excluded.has(given.id) && faultOf(given) === undefined).map(({ id }) => id),
  ).toEqual([]);
});
