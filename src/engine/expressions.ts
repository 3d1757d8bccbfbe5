/**
 * Expressions: CEL, parsed by cel-js and evaluated by closures of our own, bounded in time and memory.
 *
 * A text is parsed, checked and made a closure once, when the definition is created (`expressions-closures.ts`). What an
 * evaluation costs is counted and bounded (`expressions-meter.ts`), for one expression and for all of an event.
 */
import { holdsInexact } from "../base/exact-json.ts";
import type { Json } from "../base/json.ts";
import { compile } from "./expressions-closures.ts";
import { type Closure, type Compiled, RefusedExpression } from "./expressions-compiler.ts";
import { toJson } from "./expressions-json.ts";
import { isMacro } from "./expressions-macros.ts";
import { EvaluationAborted, meterLeft, startMeter } from "./expressions-meter.ts";
import { parse } from "./expressions-parse.ts";
import { ExpressionFailure, type ExpressionLimits, type Read, type Scope } from "./expressions-scope.ts";
import { childrenOf, readsOf, sizeOfTree, type Tree } from "./expressions-tree.ts";
import { Failure } from "./expressions-values.ts";
import { readValue, variablesFor } from "./expressions-variables.ts";
import { evaluateOverInexact } from "./inexact-data.ts";

export { ExpressionFailure, readValue };

/** A checked expression. */
export type Expression = {
  readonly source: string;
  /** Its type as far as it is known: `bool`, `number`, `string`, `list`, `map`, `timestamp`, `duration`, `dyn`, … */
  readonly type: string;
  readonly reads: readonly Read[];
  /** @throws ExpressionFailure when there is no value, or none that is JSON. */
  evaluate(scope: Scope): Json;
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
  const cost = sizeOfTree(tree);
  const evaluate = (scope: Scope): Json => {
    const value = evaluateWithin(run, scope, { cost, budget: limits.budget });
    if (typeof value === "boolean") return value;
    if (value instanceof Failure) throw new ExpressionFailure(value.text);
    const result = toJson(value, scope.resultSizeMax);
    if (!result.ok) throw new ExpressionFailure(result.reason);
    return result.value;
  };
  const bound = boundNames(tree);
  const names = variablesFor(locals).filter((name) => !bound.has(name));
  const reads = readsOf(tree, source, (name) => names.includes(name));
  return {
    source,
    type,
    reads,
    evaluate: (scope) =>
      holdsInexact(scope.eventData)
        ? evaluateOverInexact({ source, reads }, scope, evaluate)
        : evaluate(scope),
  };
}

/** Evaluates with what the expression and the event may still cost. */
function evaluateWithin(
  run: Closure,
  scope: Scope,
  { cost, budget }: { readonly cost: number; readonly budget: number },
): unknown {
  const max = Math.min(budget, scope.budgetLeft) - cost;
  startMeter(max);
  try {
    if (max < 0) throw new EvaluationAborted("the budget of the event is spent");
    return run(scope);
  } catch (error) {
    if (error instanceof EvaluationAborted && (meterLeft() < 0 || max < 0)) {
      throw new ExpressionFailure(
        scope.budgetLeft < budget
          ? "the expressions of one event take too many steps or characters in all"
          : `the expression takes more than ${budget} steps or characters`,
      );
    }
    throw error instanceof EvaluationAborted ? new ExpressionFailure(error.message) : error;
  } finally {
    scope.budgetLeft = Math.max(0, scope.budgetLeft - cost - (max - meterLeft()));
  }
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
