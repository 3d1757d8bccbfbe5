/**
 * Bounds on what an evaluation of cel-js may cost, hooked into the checked tree: macros inside one another multiply,
 * `cel.bind` doubles what it binds, and `matches` would run the backtracking RegExp of the platform.
 */
import { RE2JS } from "re2js";
import type { ExpressionLimits } from "./expressions-scope.ts";
import { type CelNode, childrenOf, expansionOf } from "./expressions-tree.ts";

/** What the running evaluation has spent. One at a time: evaluation is synchronous and does not nest. */
let spent = 0;
let spentMax = 0;

class BudgetExceeded extends Error {}

/**
 * Thrown again and again, because `all`, `exists`, `&&` and `||` of cel-js go on after an error: every node that is
 * hooked refuses at once from then on, so what is left of the running loops costs little.
 */
const EXCEEDED = new BudgetExceeded("the budget of the evaluation is spent");

/** An evaluation begins; it may build and compare this many characters and values. */
export function startMeter(budget: number): void {
  spent = 0;
  spentMax = budget;
}

/** Why the evaluation that has just ended must not count, whatever it gave; undefined when it kept to its budget. */
export function overBudget(): string | undefined {
  return spent > spentMax ? `the expression takes more than ${spentMax} steps or characters` : undefined;
}

function charge(amount: number): void {
  spent += amount;
  if (spent > spentMax) throw EXCEEDED;
}

/** Checks the bounds that cel-js has none for, and hooks the budget and RE2 into the tree. Returns a refusal. */
export function inspect(node: CelNode, limits: ExpressionLimits, macroDepth: number): string | undefined {
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

function position(node: CelNode): string {
  return ` at ${node.start + 1}`;
}
