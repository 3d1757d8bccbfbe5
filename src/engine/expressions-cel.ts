/**
 * The border to cel-js: its environment and its errors; `expressions-tree.ts` knows its tree. Pitfalls closed here:
 *
 * - JSON numbers are CEL doubles and literals are ints, so `context.count + 1` has no overload in plain CEL: the
 *   mixed overloads are registered, for `==` too, and `%` for doubles.
 * - What an evaluation costs has no bound: `expressions-meter.ts` gives it one, and `matches` a linear time.
 * - A JSON object with a field named constructor has no type for it: it is told with maps instead.
 * - Errors are thrown with a multi-line drawing of the text: they become one line with a position.
 */
import { TypeError as CheckError, Environment, EvaluationError, ParseError } from "@marcbachmann/cel-js";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { inspect, startMeter, stopMeter } from "./expressions-meter.ts";
import type { ExpressionLimits, Read, Scope } from "./expressions-scope.ts";
import { ARITHMETIC, type CelNode, isArithmetic, readsOf } from "./expressions-tree.ts";
import { VARIABLE_NAMES, VARIABLE_TYPES, variablesIn } from "./expressions-variables.ts";

/** A parsed and checked CEL text. */
export type CelProgram = {
  readonly ast: CelNode;
  readonly type: string;
  readonly reads: readonly Read[];
  readonly run: (variables: object) => unknown;
  readonly budget: number;
};

/** Why a text is refused; whether it is no CEL at all, or which variable it reads that there is not. */
export type CelRefusal = {
  readonly ok: false;
  readonly reason: string;
  readonly isSyntax?: boolean;
  readonly unknown?: string;
};

export type CelCompiled = { readonly ok: true; readonly program: CelProgram } | CelRefusal;

/** Parses and checks a text within the limits. */
export function celCompile(source: string, limits: ExpressionLimits): CelCompiled {
  const environment = environmentFor(limits);
  try {
    const run = environment.parse(source);
    const checked = run.check();
    if (!checked.valid) return refusalOf(checked.error);
    // Why a cast: the declarations of cel-js do not describe its tree; `expressions-tree.ts` does, and is tested.
    const ast = run.ast as unknown as CelNode;
    const refusal = inspect(ast, limits, 0);
    if (refusal !== undefined) return { ok: false, reason: refusal };
    const type = checked.type ?? "dyn";
    return {
      ok: true,
      program: {
        ast,
        type: type === "dyn" && isArithmetic(ast) ? ARITHMETIC : type,
        reads: readsOf(ast, source),
        run,
        budget: limits.budget,
      },
    };
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): CelRefusal {
  const reason = reasonOf(error);
  if (error instanceof ParseError) return { ok: false, reason, isSyntax: true };
  if (!(error instanceof CheckError) || error.code !== "unknown_variable") return { ok: false, reason };
  const name = error.summary.slice(error.summary.lastIndexOf(" ") + 1);
  return {
    ok: false,
    reason: `${reason}; there are ${VARIABLE_NAMES.join(", ")}, and a text is written "'${name}'"`,
    unknown: name,
  };
}

/** Evaluates with cel-js. The value is CEL's (ints are BigInt); the reason is one line. */
export function celEvaluate(
  program: CelProgram,
  scope: Scope,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string } {
  const variables = variablesIn(scope);
  const result = evaluateWith(program, variables, scope);
  return result.ok || !result.isUnsupported ? result : evaluateWith(program, withMaps(variables), scope);
}

function evaluateWith(
  program: CelProgram,
  variables: object,
  scope: Scope,
):
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: string; readonly isUnsupported: boolean } {
  startMeter(program.budget, scope.budgetLeft);
  let value: unknown;
  let failure: unknown;
  try {
    value = program.run(variables);
  } catch (error) {
    failure = error;
  }
  const { cost, excess } = stopMeter();
  scope.budgetLeft = Math.max(0, scope.budgetLeft - cost);
  if (excess !== undefined) return { ok: false, reason: excess, isUnsupported: false };
  if (failure === undefined) return { ok: true, value };
  const isUnsupported = failure instanceof EvaluationError && failure.code === "unsupported_type";
  return { ok: false, reason: reasonOf(failure), isUnsupported };
}

/**
 * The variables with maps for the objects that have a field named constructor: cel-js asks an object's `constructor`
 * for its type and would take such a field for it. Only made when it stumbled, because it costs a copy of all.
 */
function withMaps(variables: JsonObject): object {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, mapped(value)]));
}

function mapped(value: Json): unknown {
  if (Array.isArray(value)) return value.map(mapped);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, mapped(item)] as const);
  return Object.hasOwn(value, "constructor") ? new Map(entries) : Object.fromEntries(entries);
}

const environments = new Map<string, Environment>();

function environmentFor(limits: ExpressionLimits): Environment {
  const name = `${limits.nodesMax} ${limits.depthMax}`;
  let environment = environments.get(name);
  if (environment === undefined) {
    environment = createEnvironment(limits);
    environments.set(name, environment);
  }
  return environment;
}

function createEnvironment(limits: ExpressionLimits): Environment {
  const environment = new Environment({
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: { maxAstNodes: limits.nodesMax, maxDepth: limits.depthMax },
  });
  for (const [name, type] of VARIABLE_TYPES) environment.registerVariable(name, type);
  const operators: Record<string, (a: unknown, b: unknown) => number> = {
    "+": (a, b) => Number(a) + Number(b),
    "-": (a, b) => Number(a) - Number(b),
    "*": (a, b) => Number(a) * Number(b),
    "/": (a, b) => Number(a) / Number(b),
    "%": (a, b) => Number(a) % Number(b),
  };
  for (const [operator, handler] of Object.entries(operators)) {
    environment.registerOperator(`int ${operator} double: double`, handler);
    environment.registerOperator(`double ${operator} int: double`, handler);
  }
  environment.registerOperator("double % double: double", (a: number, b: number) => a % b);
  // Registers `double == int` and both `!=` too.
  environment.registerOperator("int == double: bool", (a: unknown, b: unknown) => Number(a) === Number(b));
  for (const [from, to] of [
    ["double", "double"],
    ["int", "double"],
    ["double", "int"],
  ]) {
    environment.registerFunction(`string.substring(${from}, ${to}): string`, substring);
  }
  environment.registerFunction("string.substring(double): string", (text: string, from: number) =>
    substring(text, from, text.length),
  );
  return environment;
}

function substring(text: string, from: number | bigint, to: number | bigint): string {
  const [start, end] = [Number(from), Number(to)];
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end < start || end > text.length) {
    throw new Error(`substring(${start}, ${end}) is out of range of a text of ${text.length} characters`);
  }
  return text.substring(start, end);
}

/** One line for whatever cel-js threw, with the position. */
function reasonOf(error: unknown): string {
  if (error instanceof ParseError || error instanceof CheckError || error instanceof EvaluationError) {
    const where = error.range === undefined ? "" : ` at ${error.range.start + 1}`;
    return `${error.summary}${where}`;
  }
  // A regular expression, a time zone or a stack of the platform: its message is all there is.
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}
