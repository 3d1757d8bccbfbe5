/**
 * cel-js as the reference for random expressions. Its dialect has integers beside doubles; what JSON and literals need
 * to meet is registered here. Where the dialects differ by intent (docs/expressions.md), it gives an error or the
 * generator keeps away from it.
 */
import { Environment, EvaluationError } from "@marcbachmann/cel-js";
import type { Json } from "../../../src/base/json.ts";
import type { Scope } from "../../../src/engine/expressions-scope.ts";
import { readVariable } from "../../../src/engine/expressions-variables.ts";

const VARIABLES: Readonly<Record<string, string>> = {
  context: "map<string, dyn>",
  event: "map<string, dyn>",
  data: "dyn",
  constants: "map<string, dyn>",
  state: "list<string>",
  now: "double",
  key: "string",
};

const environment = createEnvironment();

function createEnvironment(): Environment {
  const made = new Environment({ homogeneousAggregateLiterals: false, enableOptionalTypes: true });
  for (const [name, type] of Object.entries(VARIABLES)) made.registerVariable(name, type);
  const operators: Record<string, (a: unknown, b: unknown) => number> = {
    "+": (a, b) => Number(a) + Number(b),
    "-": (a, b) => Number(a) - Number(b),
    "*": (a, b) => Number(a) * Number(b),
    "/": (a, b) => Number(a) / Number(b),
    "%": (a, b) => Number(a) % Number(b),
  };
  for (const [operator, handler] of Object.entries(operators)) {
    made.registerOperator(`int ${operator} double: double`, handler);
    made.registerOperator(`double ${operator} int: double`, handler);
  }
  made.registerOperator("double % double: double", (a: number, b: number) => a % b);
  made.registerOperator("int == double: bool", (a: unknown, b: unknown) => Number(a) === Number(b));
  return made;
}

export type Reference =
  | { readonly kind: "value"; readonly value: Json }
  /** An error in both dialects. */
  | { readonly kind: "error"; readonly reason: string }
  /** Refused, or an error that says that there is no such operation for these kinds: the dialects may differ. */
  | { readonly kind: "unsupported"; readonly reason: string };

/** What cel-js makes of an expression. */
export function referenceOf(source: string, scope: Scope): Reference {
  const variables = Object.fromEntries(
    Object.keys(VARIABLES).map((name) => [name, readVariable(name, scope)]),
  );
  try {
    const program = environment.parse(source);
    const checked = program.check();
    if (!checked.valid) return { kind: "unsupported", reason: String(checked.error) };
    const value = jsonOf(program(variables));
    return value === undefined ? { kind: "unsupported", reason: "no JSON" } : { kind: "value", value };
  } catch (error) {
    const isMissing = error instanceof EvaluationError && error.code === "no_such_key";
    return {
      kind: isMissing ? "error" : "unsupported",
      reason: error instanceof Error ? error.message : String(error),
    };
  }
}

function jsonOf(value: unknown): Json | undefined {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "number") return Number.isFinite(value) ? (value === 0 ? 0 : value) : undefined;
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return allOrNone(value.map(jsonOf));
  if (typeof value !== "object" || !(value instanceof Map || value.constructor === Object)) return undefined;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  const items = allOrNone(entries.map(([, item]) => jsonOf(item)));
  return items && Object.fromEntries(entries.map(([key], i) => [String(key), items[i] ?? null]));
}

function allOrNone(items: readonly (Json | undefined)[]): readonly Json[] | undefined {
  return items.some((item) => item === undefined) ? undefined : (items as readonly Json[]);
}
