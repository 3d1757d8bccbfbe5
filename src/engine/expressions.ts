/**
 * Expressions: CEL text in, JSON out, with JSON's numbers, bounded in time and memory.
 *
 * A text is parsed and type-checked once, when the definition is created. What is evaluated per event is, where the
 * expression stays within the common subset, a tree of closures of our own (`expressions-closures.ts`); whatever
 * the closures cannot answer exactly, errors among it, is handed to cel-js (`expressions-cel.ts`), which is thereby
 * the reference: a closure never decides what cel-js would decide otherwise.
 */
import { holdsInexact } from "../base/exact-json.ts";
import type { Json } from "../base/json.ts";
import { type CelProgram, type CelRefusal, celCompile, celEvaluate } from "./expressions-cel.ts";
import { type Closure, closureOf } from "./expressions-closures.ts";
import { toJson } from "./expressions-json.ts";
import { BAIL } from "./expressions-operators.ts";
import { ExpressionFailure, type ExpressionLimits, type Read, type Scope } from "./expressions-scope.ts";
import { readValue } from "./expressions-variables.ts";
import { evaluateOverInexact } from "./inexact-data.ts";

export { ExpressionFailure, readValue };

/** A checked expression. */
export type Expression = {
  readonly source: string;
  /** CEL name of its type as far as it is known: `bool`, `int`, `double`, `string`, `dyn`, … */
  readonly type: string;
  readonly reads: readonly Read[];
  /** @throws ExpressionFailure when there is no value, or none that is JSON. */
  evaluate(scope: Scope): Json;
};

/** Literal JSON whose texts are expressions, as in `assign` and `data`. */
export type Template = { readonly expressions: readonly Expression[]; build(scope: Scope): Json };

export type ExpressionResult = { readonly ok: true; readonly expression: Expression } | CelRefusal;

/** Compiles one CEL text. A refusal carries the position (`at 8`, counted in characters from 1) and what to write. */
export function compileExpression(source: string, limits: ExpressionLimits): ExpressionResult {
  if (source.length > limits.charsMax) {
    return {
      ok: false,
      reason: `an expression may have ${limits.charsMax} characters, this one has ${source.length}`,
    };
  }
  const compiled = celCompile(source, limits);
  if (!compiled.ok) return compiled;
  const program = compiled.program;
  return { ok: true, expression: expressionOf(source, program, closureOf(program.ast)) };
}

function expressionOf(source: string, program: CelProgram, closure: Closure | undefined): Expression {
  const slow = (scope: Scope): Json => {
    const result = celEvaluate(program, scope);
    if (!result.ok) throw new ExpressionFailure(result.reason);
    return jsonOf(result.value, scope);
  };
  const evaluate =
    closure === undefined
      ? slow
      : (scope: Scope): Json => {
          const value = closure(scope);
          if (typeof value === "boolean") return value;
          return value === BAIL ? slow(scope) : jsonOf(value, scope);
        };
  const { type, reads } = program;
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

function jsonOf(value: unknown, scope: Scope): Json {
  const result = toJson(value, scope.resultSizeMax);
  if (!result.ok) throw new ExpressionFailure(result.reason);
  return result.value;
}
