/**
 * Bounds on what an evaluation of cel-js may cost, hooked into the checked tree: macros inside one another multiply,
 * `cel.bind` doubles what it binds, and `matches` would run the backtracking RegExp of the platform.
 */
import { RE2JS } from "re2js";
import type { ExpressionLimits } from "./expressions-scope.ts";
import { type CelNode, childrenOf, expansionOf, type LinearRegex } from "./expressions-tree.ts";

/** What the running evaluation has spent. One at a time: evaluation is synchronous and does not nest. */
let spent = 0;
let spentMax = 0;
let excess = "";

class BudgetExceeded extends Error {}

/**
 * Thrown again and again, because `all`, `exists`, `&&` and `||` of cel-js go on after an error: every node that is
 * hooked refuses at once from then on, so what is left of the running loops costs little.
 */
const EXCEEDED = new BudgetExceeded("the budget of the evaluation is spent");

/** An evaluation begins; it may build and compare `budget` characters and values, and no more than is left in all. */
export function startMeter(budget: number, left: number): void {
  spent = 0;
  spentMax = Math.min(budget, left);
  excess =
    left < budget
      ? "the expressions of one event take too many steps or characters in all"
      : `the expression takes more than ${budget} steps or characters`;
}

/** What the evaluation that has just ended has cost, and why it must not count if it went beyond its budget. */
export function stopMeter(): { readonly cost: number; readonly excess: string | undefined } {
  return { cost: EVALUATION_COST + spent, excess: spent > spentMax ? excess : undefined };
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

/**
 * Has the value of a node charged, or the error it gives instead: `||`, `&&` and the quantifiers go on after one.
 * Checked nodes are evaluated through `meta.evaluate`.
 */
function hook(node: CelNode, measure: (value: unknown) => number): void {
  const target = expansionOf(node);
  if (target.meta.macro !== undefined) return;
  const evaluate = target.meta.evaluate;
  target.setMeta("evaluate", (evaluator, ast, context) => {
    charge(0);
    let value: unknown;
    try {
      value = evaluate.call(ast, evaluator, ast, context);
    } catch (error) {
      charge(ERROR_COST);
      throw error;
    }
    charge(measure(value));
    return value;
  });
}

// Costs as multiples of that of a character or value that is built, which is some hundred nanoseconds.
const EVALUATION_COST = 10;
const MACRO_STEP_COST = 10;
const ERROR_COST = 200;
/** A part of a date in a time zone. */
const ZONE_COST = 1000;
/** So many states of a regular expression, gone through with one character, cost as much as a character. */
const REGEX_STATES = 40;

function measureOf(node: CelNode): ((value: unknown) => number) | undefined {
  switch (node.op) {
    case "+":
    case "list":
    case "call":
      return sizeOf;
    case "rcall":
      return isZoned(node) ? () => ZONE_COST : sizeOf;
    case "map":
      return (value) => (typeof value === "object" && value !== null ? sizeOf(Object.values(value)) : 1);
    case "accuPush":
      return (value) => (Array.isArray(value) ? sizeOf(value.at(-1)) : 1);
    case "comprehension":
      return () => MACRO_STEP_COST;
    default:
      return undefined;
  }
}

/** `getHours('Europe/Berlin')` and the like. */
function isZoned({ args }: CelNode): boolean {
  const [name, , parameters] = args as [string, CelNode, readonly CelNode[]];
  return name.startsWith("get") && parameters.length > 0;
}

/** What is charged where an operand is evaluated: all that is read through, and all that is done again and again. */
function meterOperands(node: CelNode): void {
  const operands = childrenOf(node);
  switch (node.op) {
    case "==":
    case "!=":
    case "in":
      for (const operand of operands) hook(operand, (value) => deepSizeOf(value, spentMax - spent));
      break;
    case "||":
    case "&&":
      for (const operand of operands) hook(operand, () => 0);
      break;
    case "rcall":
      if (operands[0] !== undefined)
        hook(operands[0], (value) => (typeof value === "string" ? value.length >> 5 : 1));
      break;
    case "comprehension": {
      const step = operands.at(-1);
      if (step === undefined) break;
      const cost = MACRO_STEP_COST + nodeCount(step);
      hook(step, () => cost);
      break;
    }
  }
}

function nodeCount(node: CelNode): number {
  return childrenOf(expansionOf(node)).reduce((sum, child) => sum + nodeCount(child), 1);
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
  const regex = regexOf(pattern.args);
  if (typeof regex === "string") return `${regex}${position(pattern)}`;
  node.regex = regex;
  node.setMeta("evaluate", (evaluator, _ast, context) => {
    const text = evaluator.run(receiver, context);
    if (typeof text !== "string") throw new Error(`matches() needs a text, not ${typeof text}`);
    charge(regex.costOf(text));
    return regex.test(text);
  });
  return undefined;
}

/** States of a regular expression; each is a bit of work for each character. */
const REGEX_STATES_MAX = 10_000;

/** The compiled pattern, or why it is refused. */
function regexOf(pattern: string): LinearRegex | string {
  const tooLarge = `the pattern is too large: it may have ${REGEX_STATES_MAX} states, a{500} has 500`;
  // Repetitions are written out when the pattern is compiled; these would take a second to find it too large.
  const counts = [...pattern.matchAll(/\{(?:\d+,)?(\d+)/g)].map(([, count]) => Number(count));
  if (counts.reduce((sum, count) => sum + count, 0) > REGEX_STATES_MAX) return tooLarge;
  try {
    const regex = RE2JS.compile(pattern);
    const states = regex.programSize();
    if (states > REGEX_STATES_MAX) return tooLarge;
    const costPerCharacter = 1 + states / REGEX_STATES;
    return {
      test: (text) => regex.test(text),
      costOf: (text) => text.length * costPerCharacter,
    };
  } catch (error) {
    return error instanceof Error ? error.message : "bad pattern";
  }
}

function position(node: CelNode): string {
  return ` at ${node.start + 1}`;
}
