/** What the parts of the compiler share: from a tree to closures, with the types that are known before an event comes. */
import type { ExpressionLimits, Scope } from "./expressions-scope.ts";
import type { Tree } from "./expressions-tree.ts";
import { Failure } from "./expressions-values.ts";

/** Evaluates to a value of `expressions-values.ts`, a failure among them. */
export type Closure = (scope: Scope) => unknown;

/**
 * What is known of a value before there is one: `kindOf` of it, `dyn` when it may be anything, or `ARITHMETIC`.
 */
export type Type = string;

/** The type of `+` on operands of unknown type: anything but true or false. */
export const ARITHMETIC: Type = "number, text or list";

export type Compiled = {
  readonly run: Closure;
  readonly type: Type;
  /** Present when the value is known already. */
  readonly constant?: unknown;
};

/** A variable of a macro: a cell, because evaluation is synchronous and no macro runs inside itself. */
export type Cell = { value: unknown };

/** What the compilation of one expression carries around. */
export type Compiler = {
  readonly source: string;
  readonly limits: ExpressionLimits;
  /** Variables of macros that are visible. */
  readonly cells: ReadonlyMap<string, Cell>;
  /** Variables that exist only where this expression stands. */
  readonly locals: readonly string[];
  readonly macroDepth: number;
  compile(tree: Tree, compiler: Compiler): Compiled;
};

/** Why a text is refused. Thrown while compiling, caught in `expressions.ts`. */
export class RefusedExpression extends Error {
  /** The variable there is not, if that is the reason. */
  readonly unknown: string | undefined;

  constructor(failure: Failure, unknown?: string) {
    super(failure.text);
    this.unknown = unknown;
  }
}

export function refuse(tree: Tree, reason: string, unknown?: string): never {
  throw new RefusedExpression(new Failure(reason).at(tree.start), unknown);
}

/** The text of a node as it was written, for messages. */
export function textOf({ source }: Compiler, { start, end }: Tree): string {
  const text = source.slice(start, end);
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}

const TEXT_MAX = 80;

export function compileTree(tree: Tree, compiler: Compiler): Compiled {
  return compiler.compile(tree, compiler);
}

/** True when a value of this type may be what is asked for; `param` is a kind, `int`, `dyn`, or several with `|`. */
export function mayBe(type: Type, param: Type): boolean {
  if (type === "dyn" || param === "dyn") return true;
  return param.split("|").some((one) => {
    if (type === ARITHMETIC) return one !== "bool";
    return one === type || (one === "int" && type === "number");
  });
}

/** The names of types as messages say them. */
export function nameOfType(type: Type): string {
  return type === ARITHMETIC ? "number" : type;
}
