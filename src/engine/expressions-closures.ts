/**
 * Closures for the common subset: field access, comparisons, arithmetic, logic, literals, `in`, `has`, `size` and the
 * plain text functions. One node of cel-js costs about 125 ns because it looks up overloads by the types it meets at
 * run time; a closure costs a few.
 *
 * The rule that keeps them honest: a closure answers only where the answer is certain, and returns `BAIL` otherwise
 * (a missing field, operands of different kinds, comparison of objects, …). The expression is then evaluated by
 * cel-js from the start, which gives the value or the error. Integers are numbers here; that is exact because
 * literals are below 2^31, sums of at most some hundred of them stay exact, and products and quotients of two
 * possible integers are left to cel-js.
 */
import { isJsonObject } from "../base/json.ts";
import { BAIL, BINARY } from "./expressions-operators.ts";
import type { Scope } from "./expressions-scope.ts";
import { type CelNode, expansionOf, type LinearRegex } from "./expressions-tree.ts";
import { readerOf } from "./expressions-variables.ts";

/** Evaluates to a JSON value (integers as numbers) or `BAIL`. */
export type Closure = (scope: Scope) => unknown;

/** The closure of a checked tree; undefined when it holds anything outside the subset. */
export function closureOf(ast: CelNode): Closure | undefined {
  const node = expansionOf(ast);
  if (node.meta.macro !== undefined) return hasClosure(node);
  switch (node.op) {
    case "value":
      return literal(node.args);
    case "id":
      return readerOf(String(node.args));
    case ".":
      return field(node);
    case "[]":
      return index(node);
    case "!_":
      return unary(node, (value) => (typeof value === "boolean" ? !value : BAIL));
    case "-_":
      return unary(node, (value) => (typeof value === "number" ? -value : BAIL));
    case "?:":
      return ternary(node);
    case "&&":
      return logical(node, false);
    case "||":
      return logical(node, true);
    case "call":
    case "rcall":
      return call(node);
    case "list":
      return list(node);
    default:
      return binary(node);
  }
}

function literal(value: unknown): Closure | undefined {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Math.abs(number) < 2 ** 31 ? () => number : undefined;
  }
  if (
    value === null ||
    typeof value === "string" ||
    typeof value === "number" ||
    typeof value === "boolean"
  ) {
    return () => value;
  }
  return undefined;
}

function field(node: CelNode): Closure | undefined {
  const [left, key] = node.args as [CelNode, string];
  const target = expansionOf(left);
  if (target.op === "id" && target.meta.macro === undefined) {
    if ((target.args as unknown) === "context") return (scope) => member(scope.context, key);
    if ((target.args as unknown) === "event") {
      return key === "type" ? (scope) => scope.eventType : (scope) => member(scope.eventData, key);
    }
  }
  const object = closureOf(left);
  return object && ((scope) => member(object(scope), key));
}

function member(object: unknown, key: string): unknown {
  if (typeof object !== "object" || object === null || Array.isArray(object)) return BAIL;
  if (!Object.hasOwn(object, key)) return BAIL;
  // Why a cast: any object that came here is JSON.
  return (object as Readonly<Record<string, unknown>>)[key] ?? null;
}

function index(node: CelNode): Closure | undefined {
  const [left, right] = node.args as [CelNode, CelNode];
  const object = closureOf(left);
  const key = closureOf(right);
  if (object === undefined || key === undefined) return undefined;
  return (scope) => {
    const container = object(scope);
    const at = key(scope);
    if (typeof at === "string") return member(container, at);
    if (!Array.isArray(container) || typeof at !== "number" || !Number.isInteger(at)) return BAIL;
    return at >= 0 && at < container.length ? container[at] : BAIL;
  };
}

function unary(node: CelNode, apply: (value: unknown) => unknown): Closure | undefined {
  // Why a cast here and below: the shape of `args` follows from `op`.
  const operand = closureOf(node.args as unknown as CelNode);
  return operand && ((scope) => apply(operand(scope)));
}

function ternary(node: CelNode): Closure | undefined {
  const [condition, yes, no] = (node.args as readonly CelNode[]).map(closureOf);
  if (condition === undefined || yes === undefined || no === undefined) return undefined;
  return (scope) => {
    const holds = condition(scope);
    return typeof holds === "boolean" ? (holds ? yes : no)(scope) : BAIL;
  };
}

function logical(node: CelNode, decisive: boolean): Closure | undefined {
  const [left, right] = (node.args as readonly CelNode[]).map(closureOf);
  if (left === undefined || right === undefined) return undefined;
  return (scope) => {
    const first = left(scope);
    if (first === decisive) return decisive;
    if (first !== !decisive) return BAIL;
    const second = right(scope);
    return typeof second === "boolean" ? second : BAIL;
  };
}

function list(node: CelNode): Closure | undefined {
  const items: Closure[] = [];
  for (const item of node.args as readonly CelNode[]) {
    const closure = closureOf(item);
    if (closure === undefined) return undefined;
    items.push(closure);
  }
  return (scope) => {
    const values: unknown[] = [];
    for (const item of items) {
      const value = item(scope);
      if (value === BAIL) return BAIL;
      values.push(value);
    }
    return values;
  };
}

function call(node: CelNode): Closure | undefined {
  const isMethod = node.op === "rcall";
  const name = String(node.args[0]);
  const [receiver, parameters] = isMethod
    ? [node.args[1] as CelNode, node.args[2] as readonly CelNode[]]
    : [undefined, node.args[1] as readonly CelNode[]];
  const operands = receiver === undefined ? parameters : [receiver, ...parameters];
  const first = operands[0] && closureOf(operands[0]);
  if (first === undefined) return undefined;
  if (name === "size" && operands.length === 1) return (scope) => sizeOf(first(scope));
  if (!isMethod || operands.length !== 2) return undefined;
  const regex = node.regex;
  if (name === "matches" && regex !== undefined) return onText(first, regex);
  const second = operands[1] && closureOf(operands[1]);
  const apply = TEXT_TESTS[name];
  if (second === undefined || apply === undefined) return undefined;
  return (scope) => {
    const text = first(scope);
    const part = second(scope);
    return typeof text === "string" && typeof part === "string" ? apply(text, part) : BAIL;
  };
}

const TEXT_TESTS: Readonly<Record<string, (text: string, part: string) => boolean>> = {
  contains: (text, part) => text.includes(part),
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
};

/** Patterns that would take longer are left to the other evaluator, which keeps to a budget. */
const REGEX_COST_MAX = 2_000;

function onText(operand: Closure, { test, costOf }: LinearRegex): Closure {
  return (scope) => {
    const text = operand(scope);
    return typeof text === "string" && costOf(text) <= REGEX_COST_MAX ? test(text) : BAIL;
  };
}

function sizeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length;
  return typeof value === "object" && value !== null ? Object.keys(value).length : BAIL;
}

function hasClosure(node: CelNode): Closure | undefined {
  const chain = node.meta.macro?.macroHasProps;
  const root = chain?.at(-1);
  if (chain === undefined || root === undefined || chain.some((part) => part.op !== "." && part !== root))
    return undefined;
  const start = closureOf(root);
  if (start === undefined) return undefined;
  const keys = chain
    .slice(0, -1)
    .map((part) => String(part.args[1]))
    .reverse();
  const last = keys.pop() ?? "";
  return (scope) => {
    let object = start(scope);
    for (const key of keys) object = member(object, key);
    return isJsonObject(object as never) ? Object.hasOwn(object as object, last) : BAIL;
  };
}

function binary(node: CelNode): Closure | undefined {
  const apply = BINARY[node.op];
  if (apply === undefined) return undefined;
  const [leftNode, rightNode] = node.args as [CelNode, CelNode];
  if ("*/%".includes(node.op) && mayBeInt(leftNode) && mayBeInt(rightNode)) return undefined;
  const left = closureOf(leftNode);
  const right = closureOf(rightNode);
  if (left === undefined || right === undefined) return undefined;
  return (scope) => apply(left(scope), right(scope));
}

/** False where the value is certainly no CEL integer: it came as JSON, where all numbers are doubles. */
function mayBeInt(node: CelNode): boolean {
  const target = expansionOf(node);
  if (target.op === "." || target.op === "[]") return !isJsonPath(target);
  if (target.op === "id") return false;
  if (target.op === "value") return typeof target.args === "bigint";
  if ("+-*/%".includes(target.op) && Array.isArray(target.args)) {
    return (target.args as readonly CelNode[]).every(mayBeInt);
  }
  return target.op === "-_" ? mayBeInt(target.args as unknown as CelNode) : true;
}

function isJsonPath(node: CelNode): boolean {
  const target = expansionOf(node);
  if (target.op === "id") return true;
  return (target.op === "." || target.op === "[]") && isJsonPath(target.args[0] as CelNode);
}
