/**
 * A machine of XState as a program has it: the config that `createMachine` is called with, as JSON. What is no literal, functions
 * above all, becomes `{"@code": its source}`, which the reader of configs takes for code. Nothing is run.
 */
import type { AnyNode, CallExpression, ObjectExpression } from "acorn";
import { isExactLiteral } from "../base/exact-json.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { Problems } from "../engine/problems.ts";
import { acorn } from "./parsers.ts";
import { DEPTH_MAX, type Draft } from "./translation.ts";

/** Whether a text is a program and no JSON. */
export function isSource(text: string): boolean {
  return !/^\s*[{[]/.test(text) && /\b(createMachine|Machine|createStateConfig)\s*\(/.test(text);
}

export function readSource(text: string, problems: Problems): JsonObject | undefined {
  try {
    const program = acorn().parse(text, { ecmaVersion: 2022, sourceType: "module" });
    const found = calls(program).findLast(({ callee }) => /^(createMachine|Machine)$/.test(nameOf(callee)));
    const [config, options] = found?.arguments ?? [];
    if (found === undefined || config?.type !== "ObjectExpression") {
      problems.error("$", "the program has no createMachine({ … }) whose config is written there");
      return undefined;
    }
    return { ...implementations(found, options, text), ...objectOf(config, text, 0) };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    problems.error("$", `the program cannot be read, types of TypeScript have to go: ${error.message}`);
    return undefined;
  }
}

/** The guards and delays that the second argument, or `setup({ … })`, gives names to; an action of a name is a task for a worker. */
function implementations({ callee }: CallExpression, options: AnyNode | undefined, text: string): JsonObject {
  const setup = callee.type === "MemberExpression" ? callee.object : undefined;
  const given =
    setup?.type === "CallExpression" && nameOf(setup.callee) === "setup" ? setup.arguments[0] : options;
  if (given?.type !== "ObjectExpression") return {};
  const found = objectOf(given, text, 0);
  return Object.fromEntries(
    ["guards", "delays"].flatMap((name) => {
      const value = found[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function nameOf(callee: AnyNode): string {
  if (callee.type === "Identifier") return callee.name;
  if (callee.type === "MemberExpression" && callee.property.type === "Identifier")
    return callee.property.name;
  return "";
}

/** All calls of a program, inner ones after those that they are in. */
function calls(program: AnyNode): readonly CallExpression[] {
  const found: CallExpression[] = [];
  const open: unknown[] = [program];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (Array.isArray(node)) open.push(...node.toReversed());
    else if (typeof node === "object" && node !== null) {
      if ("type" in node && node.type === "CallExpression") found.push(node as CallExpression);
      open.push(...Object.values(node).toReversed());
    }
  }
  return found;
}

function objectOf({ properties }: ObjectExpression, text: string, depth: number): JsonObject {
  const object: Draft = Object.create(null) as Draft;
  for (const property of properties) {
    if (property.type !== "Property" || property.computed) continue;
    const { key, value } = property;
    const name = key.type === "Identifier" ? key.name : key.type === "Literal" ? String(key.value) : "";
    if (name !== "" && !isUndefined(value)) object[name] = jsonOf(value, text, depth + 1);
  }
  return object;
}

function isUndefined(node: AnyNode): boolean {
  return node.type === "Identifier" && node.name === "undefined";
}

function textOf({ start, end }: AnyNode, text: string): string {
  return text.slice(start, end);
}

/** What a function does nothing but return. */
function resultOf(node: AnyNode): AnyNode | undefined {
  if (node.type !== "ArrowFunctionExpression" && node.type !== "FunctionExpression") return undefined;
  if (node.body.type !== "BlockStatement") return node.body;
  const [first, ...others] = node.body.body;
  return first?.type === "ReturnStatement" && others.length === 0 ? (first.argument ?? undefined) : undefined;
}

/** What the arguments of functions that make actions are called in a config. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  assign: ["assignment"],
  raise: ["event"],
  emit: ["event"],
  log: ["value"],
  cancel: ["sendId"],
  sendTo: ["to", "event"],
  sendParent: ["event"],
  stopChild: ["id"],
};

/** `assign({ n: 1 })` and the like, as an action of a config. */
function actionOf(
  { callee, arguments: given }: CallExpression,
  text: string,
  depth: number,
): Json | undefined {
  const kind = callee.type === "Identifier" ? callee.name : "";
  const names = Object.hasOwn(ACTIONS, kind) ? (ACTIONS[kind] ?? []) : [];
  if (names.length === 0) return undefined;
  const [options] = given.slice(names.length);
  return {
    type: `xstate.${kind}`,
    ...(options?.type === "ObjectExpression" ? objectOf(options, text, depth + 1) : {}),
    ...Object.fromEntries(
      names.flatMap((name, at) => {
        const node = given[at];
        return node === undefined ? [] : [[name, jsonOf(node, text, depth + 1)]];
      }),
    ),
  };
}

/** @throws RangeError where it is nested too deeply */
function jsonOf(node: AnyNode, text: string, depth: number): Json {
  if (depth > DEPTH_MAX) throw new RangeError(`objects and lists may be nested ${DEPTH_MAX} deep`);
  if (node.type === "ObjectExpression") return objectOf(node, text, depth);
  if (node.type === "ArrayExpression")
    return node.elements.flatMap((item) => (item === null ? [] : [jsonOf(item, text, depth + 1)]));
  const { type } = node;
  if (
    type === "Literal" &&
    (node.value === null || ["string", "number", "boolean"].includes(typeof node.value)) &&
    (typeof node.value !== "number" || isExactLiteral(node.raw ?? ""))
  )
    return node.value as Json;
  if (type === "TemplateLiteral" && node.expressions.length === 0) return node.quasis[0]?.value.cooked ?? "";
  if (
    type === "UnaryExpression" &&
    node.operator === "-" &&
    node.argument.type === "Literal" &&
    isExactLiteral(node.argument.raw ?? "")
  )
    return -Number(node.argument.value);
  const result = resultOf(node);
  if (result !== undefined)
    return result.type === "ObjectExpression"
      ? objectOf(result, text, depth)
      : { "@code": textOf(result, text) };
  if (type === "CallExpression") {
    const action = actionOf(node, text, depth);
    if (action !== undefined) return action;
  }
  return { "@code": textOf(node, text) };
}
