/**
 * Expressions: CEL, parsed by cel-js and evaluated by closures of our own, bounded in time and memory.
 *
 * A text is parsed, checked and made a closure once, when the definition is created (`expressions-closures.ts`). What an
 * evaluation costs is counted and bounded (`expressions-meter.ts`), for one expression and for all of an event.
 */
import type { Json } from "../base/json.ts";
import { compile } from "./expressions-closures.ts";
import { type Closure, type Compiled, RefusedExpression } from "./expressions-compiler.ts";
import { toJson } from "./expressions-json.ts";
import { isMacro } from "./expressions-macros.ts";
import { EvaluationAborted, meterLeft, startMeter } from "./expressions-meter.ts";
import { parse } from "./expressions-parse.ts";
import {
  BUDGET_SPENT,
  ExpressionFailure,
  type ExpressionLimits,
  type Read,
  type Scope,
} from "./expressions-scope.ts";
import { childrenOf, readsOf, sizeOfTree, type Tree } from "./expressions-tree.ts";
import { Failure } from "./expressions-values.ts";
import { readValue, variablesFor } from "./expressions-variables.ts";
import { evaluateOverInexact, isOverInexact } from "./inexact-data.ts";

export { ExpressionFailure, readValue };

/** A checked expression. */
export type Expression = {
  readonly source: string;
  /** Its type as far as it is known: `bool`, `number`, `string`, `list`, `map`, `timestamp`, `duration`, `dyn`, … */
  readonly type: string;
  readonly reads: readonly Read[];
  /** @throws ExpressionFailure when there is no value, or none that is JSON. */
  evaluate(scope: Scope): Json;
  /** True when the value is `true`; false when it is another, or when there is none. */
  isTrue(scope: Scope): boolean;
};

/** Why a text is refused; whether it is no CEL at all, or which variable it reads that there is not. */
export type ExpressionRefusal = {
  readonly ok: false;
  readonly reason: string;
  /** True for a text that is no CEL and looks like no other language either. */
  readonly isSyntax?: boolean;
  readonly unknown?: string;
};

/** Literal JSON whose texts are expressions, as in `assign` and `data`. */
export type Template = { readonly expressions: readonly Expression[]; build(scope: Scope): Json };

export type ExpressionResult = { readonly ok: true; readonly expression: Expression } | ExpressionRefusal;

/**
 * Compiles one CEL text. A refusal carries the position (`at 8`, counted in characters from 1) and what to write.
 * `locals` are the variables that exist only where the text stands; their values come with the scope.
 */
export function compileExpression(
  source: string,
  limits: ExpressionLimits,
  locals: readonly string[] = [],
): ExpressionResult {
  if (source.length > limits.charsMax) {
    return {
      ok: false,
      reason: `an expression may have ${limits.charsMax} characters, this one has ${source.length}`,
    };
  }
  const parsed = parse(source, limits);
  if (!parsed.ok) {
    const { reason, hint } = parsed;
    return { ok: false, reason, ...(hint === undefined ? { isSyntax: true } : {}) };
  }
  try {
    const { tree } = parsed;
    const compiled = compile(tree, { source, limits, cells: new Map(), locals, macroDepth: 0, compile });
    return { ok: true, expression: expressionOf(source, { tree, compiled, limits, locals }) };
  } catch (error) {
    if (!(error instanceof RefusedExpression)) throw error;
    const { message: reason, unknown } = error;
    return { ok: false, reason, ...(unknown === undefined ? {} : { unknown }) };
  }
}

function expressionOf(
  source: string,
  given: {
    readonly tree: Tree;
    readonly compiled: Compiled;
    readonly limits: ExpressionLimits;
    readonly locals: readonly string[];
  },
): Expression {
  const { tree, compiled, limits, locals } = given;
  const { run, type } = compiled;
  const bounded = within(run, { cost: sizeOfTree(tree), budget: limits.budget });
  const evaluate = (scope: Scope): Json => {
    const value = bounded(scope);
    if (typeof value === "boolean") return value;
    if (typeof value === "number" && value !== 0 && Number.isFinite(value)) return value;
    if (value instanceof Failure) throw new ExpressionFailure(value.text);
    const result = toJson(value, scope.resultSizeMax);
    if (!result.ok) throw new ExpressionFailure(result.reason);
    return result.value;
  };
  const bound = boundNames(tree);
  const names = variablesFor(locals).filter((name) => !bound.has(name));
  const reads = readsOf(tree, source, (name) => names.includes(name));
  // Only data that an expression looks into can hold a number that is not exact.
  const isOverData = looksInto(tree, ["event", "data", ...locals]);
  const evaluateAny = (scope: Scope): Json =>
    isOverInexact(scope) ? evaluateOverInexact({ source, reads }, scope, evaluate) : evaluate(scope);
  const test = (scope: Scope): unknown =>
    isOverData && isOverInexact(scope) ? evaluateAny(scope) : bounded(scope);
  return {
    source,
    type,
    reads,
    evaluate: isOverData ? evaluateAny : evaluate,
    isTrue: (scope) => isTrue(scope, test),
  };
}

/** Whether the value is true. Most guards that fail read a field that is missing: none of that throws. */
function isTrue(scope: Scope, test: Closure): boolean {
  try {
    return test(scope) === true;
  } catch (error) {
    if (error instanceof ExpressionFailure) return false;
    throw error;
  }
}

/** True when the text has one of these names. */
function looksInto(tree: Tree, names: readonly string[]): boolean {
  if (tree.op === "name" && names.includes(tree.name)) return true;
  return childrenOf(tree).some((child) => looksInto(child, names));
}

/** A closure that keeps to what the expression and the event may still cost. */
function within(run: Closure, { cost, budget }: { readonly cost: number; readonly budget: number }): Closure {
  return (scope) => {
    const left = scope.budgetLeft - cost;
    const max = left < budget ? left : budget;
    startMeter(max);
    if (max < 0) throw failureOf(new EvaluationAborted(""), scope, budget);
    let value: unknown;
    try {
      value = run(scope);
    } catch (error) {
      const failure = failureOf(error, scope, budget);
      scope.budgetLeft = Math.max(0, left - (max - meterLeft()));
      throw failure;
    }
    scope.budgetLeft = left - (max - meterLeft());
    return value;
  };
}

/** What to tell of an evaluation that was ended. */
function failureOf(error: unknown, scope: Scope, budget: number): unknown {
  if (!(error instanceof EvaluationAborted)) return error;
  if (meterLeft() >= 0) return new ExpressionFailure(error.message);
  return new ExpressionFailure(
    scope.budgetLeft < budget ? BUDGET_SPENT : `the expression takes more than ${budget} steps or characters`,
  );
}

/** Names that macros give to variables of their own. */
function boundNames(tree: Tree, found = new Set<string>()): ReadonlySet<string> {
  if (tree.op === "call" && isMacro(tree.name)) {
    const { name, args } = tree;
    const from = name === "fold" ? 1 : 0;
    const isPair = args.length > 2 && name !== "map" && name !== "bind";
    for (const arg of args.slice(from, from + (isPair ? 2 : 1))) if (arg.op === "name") found.add(arg.name);
  }
  for (const child of childrenOf(tree)) boundNames(child, found);
  return found;
}
