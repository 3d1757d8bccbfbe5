/**
 * The border to cel-js: its environment, its tree, its errors. Four pitfalls are closed here:
 *
 * - JSON numbers are CEL doubles and literals are ints, so `context.count + 1` has no overload in plain CEL: the
 *   mixed overloads are registered, and `%` for doubles.
 * - `matches` runs the backtracking RegExp of the platform: its pattern must be a literal, is compiled by RE2 when
 *   the definition is created, and runs in linear time.
 * - Macros inside one another multiply, and `cel.bind` doubles what it binds: nesting is bounded in the text, and
 *   every evaluation has a budget of macro steps and of characters and values built on the way.
 * - Errors are thrown with a multi-line drawing of the text: they become one line with a position.
 */
import { TypeError as CheckError, Environment, EvaluationError, ParseError } from "@marcbachmann/cel-js";
import { RE2JS } from "re2js";
import type { ExpressionLimits, Read, Scope } from "./expressions-scope.ts";
import { eventObject } from "./expressions-scope.ts";
import { type CelNode, childrenOf, expansionOf, readsOf, VARIABLES } from "./expressions-tree.ts";

/** A parsed and checked CEL text. */
export type CelProgram = {
  readonly ast: CelNode;
  readonly type: string;
  readonly reads: readonly Read[];
  readonly run: (variables: object) => unknown;
  readonly budget: number;
};

export type CelCompiled =
  | { readonly ok: true; readonly program: CelProgram }
  | { readonly ok: false; readonly reason: string };

/** Parses and checks a text within the limits. */
export function celCompile(source: string, limits: ExpressionLimits): CelCompiled {
  try {
    const run = environmentFor(limits).parse(source);
    const checked = run.check();
    if (!checked.valid) return { ok: false, reason: reasonOf(checked.error) };
    // Why a cast: the declarations of cel-js do not describe its tree; `expressions-tree.ts` does, and is tested.
    const ast = run.ast as unknown as CelNode;
    const refusal = inspect(ast, limits, 0);
    if (refusal !== undefined) return { ok: false, reason: refusal };
    const reads = readsOf(ast, source);
    return { ok: true, program: { ast, type: checked.type ?? "dyn", reads, run, budget: limits.budget } };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}

/** Evaluates with cel-js. The value is CEL's (ints are BigInt); the reason is one line. */
export function celEvaluate(
  program: CelProgram,
  scope: Scope,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string } {
  spent = 0;
  spentMax = program.budget;
  try {
    const value = program.run({
      context: scope.context,
      constants: scope.constants,
      event: eventObject(scope.eventType, scope.eventData),
      data: scope.eventData ?? null,
      state: scope.activeIds(),
      now: scope.now,
      key: scope.key,
    });
    return spent > spentMax ? { ok: false, reason: reasonOf(EXCEEDED) } : { ok: true, value };
  } catch (error) {
    return { ok: false, reason: reasonOf(spent > spentMax ? EXCEEDED : error) };
  }
}

/** What the running evaluation has spent. One at a time: evaluation is synchronous and does not nest. */
let spent = 0;
let spentMax = 0;

class BudgetExceeded extends Error {}

/**
 * Thrown again and again, because `all`, `exists`, `&&` and `||` of cel-js go on after an error: every node that is
 * hooked refuses at once from then on, so what is left of the running loops costs little.
 */
const EXCEEDED = new BudgetExceeded("the budget of the evaluation is spent");

function charge(amount: number): void {
  spent += amount;
  if (spent > spentMax) throw EXCEEDED;
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
    limits: { maxAstNodes: limits.nodesMax, maxDepth: limits.depthMax },
  });
  for (const [name, type] of Object.entries(VARIABLES)) environment.registerVariable(name, type);
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

/** Checks the bounds that cel-js has none for, and hooks the budget and RE2 into the tree. Returns a refusal. */
function inspect(node: CelNode, limits: ExpressionLimits, macroDepth: number): string | undefined {
  const isMacro = node.meta.alternate?.op === "comprehension" || node.meta.macro?.bindCtx !== undefined;
  const depth = isMacro ? macroDepth + 1 : macroDepth;
  if (depth > limits.macroDepthMax) {
    return `macros may be nested ${limits.macroDepthMax} deep${position(node)}`;
  }
  const refusal = node.op === "rcall" && node.args[0] === "matches" ? useLinearRegex(node) : undefined;
  if (refusal !== undefined) return refusal;
  meter(expansionOf(node));
  for (const child of childrenOf(expansionOf(node))) {
    const found = inspect(child, limits, depth);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Charges what a node builds, repeats or reads. */
function meter(node: CelNode): void {
  const measured = measureOf(node);
  if (measured !== undefined) hook(node, measured);
  meterOperands(node);
}

/** Has the value of a node charged. Checked nodes are evaluated through `meta.evaluate`. */
function hook(node: CelNode, measure: (value: unknown) => number): void {
  const target = expansionOf(node);
  if (target.meta.macro !== undefined) return;
  const evaluate = target.meta.evaluate;
  target.setMeta("evaluate", (evaluator, ast, context) => {
    charge(0);
    const value = evaluate.call(ast, evaluator, ast, context);
    charge(measure(value));
    return value;
  });
}

/** A step of a macro costs as much as this many characters or values. */
const MACRO_STEP = 10;

function measureOf(node: CelNode): ((value: unknown) => number) | undefined {
  switch (node.op) {
    case "+":
    case "list":
    case "rcall":
    case "call":
      return sizeOf;
    case "map":
      return (value) => (typeof value === "object" && value !== null ? sizeOf(Object.values(value)) : 1);
    case "accuPush":
      return (value) => (Array.isArray(value) ? MACRO_STEP + sizeOf(value.at(-1)) : MACRO_STEP);
    case "?:":
    case "comprehension":
      return () => MACRO_STEP;
    default:
      return undefined;
  }
}

/** What the operators and functions that walk through their operands read: charged where the operand is evaluated. */
function meterOperands(node: CelNode): void {
  if (node.op === "==" || node.op === "!=" || node.op === "in") {
    for (const operand of childrenOf(node)) hook(operand, (value) => deepSizeOf(value, spentMax - spent));
  } else if (node.op === "rcall") {
    const receiver = childrenOf(node)[0];
    if (receiver !== undefined)
      hook(receiver, (value) => (typeof value === "string" ? value.length >> 5 : 1));
  }
}

/** Characters of a text or of the texts of a list, one for each value; not deep, because deeper parts were charged. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (!Array.isArray(value)) return 1;
  let size = value.length + 1;
  for (const item of value) if (typeof item === "string") size += item.length;
  return size;
}

/** Values in a value; counting ends soon after `max`. */
function deepSizeOf(value: unknown, max: number): number {
  if (typeof value !== "object" || value === null) return 1;
  let size = 1;
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    size += deepSizeOf(item, max - size);
    if (size > max) break;
  }
  return size;
}

function useLinearRegex(node: CelNode): string | undefined {
  const [, receiver, parameters] = node.args as [string, CelNode, readonly CelNode[]];
  const pattern = parameters[0];
  if (pattern?.op !== "value" || typeof pattern.args !== "string") {
    return `the pattern of matches() must be a text in quotes, so that it can be checked now${position(node)}`;
  }
  try {
    const regex = RE2JS.compile(pattern.args);
    node.regex = (text) => regex.test(text);
  } catch (error) {
    return `${error instanceof Error ? error.message : "bad pattern"}${position(pattern)}`;
  }
  node.setMeta("evaluate", (evaluator, _ast, context) => {
    const text = evaluator.run(receiver, context);
    if (typeof text !== "string") throw new Error(`matches() needs a text, not ${typeof text}`);
    charge(text.length);
    return node.regex?.(text);
  });
  return undefined;
}

/** One line for whatever cel-js threw, with the position and, for an unknown name, how to write a text. */
function reasonOf(error: unknown): string {
  if (error === EXCEEDED) return `the expression takes more than ${spentMax} steps or characters`;
  if (error instanceof ParseError || error instanceof CheckError || error instanceof EvaluationError) {
    const where = error.range === undefined ? "" : ` at ${error.range.start + 1}`;
    const hint = error.code === "unknown_variable" ? hintFor(error.summary) : "";
    return `${error.summary}${where}${hint}`;
  }
  // A regular expression, a time zone or a stack of the platform: its message is all there is.
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}

function hintFor(summary: string): string {
  const name = summary.slice(summary.lastIndexOf(" ") + 1);
  return `; there are ${Object.keys(VARIABLES).join(", ")}, and a text is written "'${name}'"`;
}

function position(node: CelNode): string {
  return ` at ${node.start + 1}`;
}
