/** Calls of JavaScript's own functions as calls of ours. */
import type { AnyNode, CallExpression } from "acorn";
import { type Cel, type Names, Untranslatable, withLocal, wrap } from "./javascript-names.ts";

type Translate = (tree: AnyNode, names: Names) => Cel;

/** Functions by the whole name, with what they are here. */
const FUNCTIONS: Readonly<Record<string, { readonly cel: string; readonly type: Cel["type"] }>> = {
  "Math.max": { cel: "math.max", type: "number" },
  "Math.min": { cel: "math.min", type: "number" },
  "Math.abs": { cel: "math.abs", type: "number" },
  "Math.floor": { cel: "math.floor", type: "number" },
  "Math.ceil": { cel: "math.ceil", type: "number" },
  "Math.round": { cel: "math.round", type: "number" },
  "Math.trunc": { cel: "math.trunc", type: "number" },
  "Math.sign": { cel: "math.sign", type: "number" },
  "Math.sqrt": { cel: "math.sqrt", type: "number" },
  "Math.pow": { cel: "math.pow", type: "number" },
  String: { cel: "string", type: "string" },
  Number: { cel: "double", type: "number" },
  parseFloat: { cel: "double", type: "number" },
  parseInt: { cel: "int", type: "number" },
  Boolean: { cel: "bool", type: "bool" },
  "JSON.stringify": { cel: "json.encode", type: "string" },
  "JSON.parse": { cel: "json.decode", type: undefined },
};

/** Methods that have another name, or the same; all of them of texts. */
const METHODS: Readonly<Record<string, { readonly cel: string; readonly type: Cel["type"] }>> = {
  toUpperCase: { cel: "upperAscii", type: "string" },
  toLowerCase: { cel: "lowerAscii", type: "string" },
  trim: { cel: "trim", type: "string" },
  startsWith: { cel: "startsWith", type: "bool" },
  endsWith: { cel: "endsWith", type: "bool" },
  indexOf: { cel: "indexOf", type: "number" },
  lastIndexOf: { cel: "lastIndexOf", type: "number" },
  substring: { cel: "substring", type: "string" },
  charAt: { cel: "charAt", type: "string" },
  split: { cel: "split", type: "list" },
  join: { cel: "join", type: "string" },
};

/** Methods that take a function. */
const MACROS: Readonly<Record<string, { readonly cel: string; readonly type: Cel["type"] }>> = {
  map: { cel: "map", type: "list" },
  filter: { cel: "filter", type: "list" },
  some: { cel: "exists", type: "bool" },
  every: { cel: "all", type: "bool" },
};

/** @throws Untranslatable */
export function callOf(tree: CallExpression, names: Names, celOf: Translate): Cel {
  const { callee } = tree;
  const name = nameOf(callee);
  if (callee.type === "MemberExpression" && !callee.computed && callee.property.type === "Identifier") {
    const { name: method } = callee.property;
    const macro = MACROS[method];
    if (macro !== undefined) return macroOf(tree, { macro, target: callee.object, names, celOf });
  }
  const args = tree.arguments.map((argument) => celOf(argument, names));
  const list = args.map(({ text }) => text).join(", ");
  if (name !== undefined) {
    const own = names.call(name, args);
    if (own !== undefined) return own;
    if (name === "Date.now" && args.length === 0) return { text: "now", level: 8, type: "number" };
    if (name === "Object.keys" && args[0] !== undefined)
      return { text: `${wrap(args[0], 8)}.keys()`, level: 8, type: "list" };
    if (name === "Array.isArray" && args[0] !== undefined)
      return { text: `type(${args[0].text}) == list`, level: 4, type: "bool" };
    const known = FUNCTIONS[name];
    if (known !== undefined) return { text: `${known.cel}(${list})`, level: 8, type: known.type };
  }
  if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier")
    throw new Untranslatable(
      `${name === undefined ? "this function" : `${name}()`} is code, which has no counterpart`,
    );
  return methodOf(celOf(callee.object, names), callee.property.name, args);
}

function methodOf(target: Cel, method: string, args: readonly Cel[]): Cel {
  const list = args.map(({ text }) => text).join(", ");
  const known = METHODS[method];
  if (known !== undefined)
    return { text: `${wrap(target, 8)}.${known.cel}(${list})`, level: 8, type: known.type };
  const [first] = args;
  if (method === "toString" && first === undefined)
    return { text: `string(${target.text})`, level: 8, type: "string" };
  if (method === "concat" && first !== undefined)
    return {
      text: [wrap(target, 5), ...args.map((arg) => wrap(arg, 6))].join(" + "),
      level: 5,
      type: target.type,
    };
  if (method === "includes" && first !== undefined && args.length === 1) return includes(target, first);
  if (method === "slice" && first !== undefined && target.type === "string")
    return { text: `${wrap(target, 8)}.substring(${list})`, level: 8, type: "string" };
  throw new Untranslatable(`the method .${method}() has no counterpart`);
}

function includes(target: Cel, item: Cel): Cel {
  if (target.type === "list")
    return { text: `${wrap(item, 5)} in ${wrap(target, 5)}`, level: 4, type: "bool" };
  if (target.type === "string")
    return { text: `${wrap(target, 8)}.contains(${item.text})`, level: 8, type: "bool" };
  throw new Untranslatable(
    `.includes() is "x in ${target.text}" for a list and "${target.text}.contains(x)" for a string here; write the one that is meant`,
  );
}

function macroOf(
  tree: CallExpression,
  given: {
    readonly macro: { readonly cel: string; readonly type: Cel["type"] };
    readonly target: AnyNode;
    readonly names: Names;
    readonly celOf: Translate;
  },
): Cel {
  const { macro, target, names, celOf } = given;
  const [body] = tree.arguments;
  const parameter = body?.type === "ArrowFunctionExpression" ? body.params[0] : undefined;
  if (
    body?.type !== "ArrowFunctionExpression" ||
    body.params.length !== 1 ||
    parameter?.type !== "Identifier" ||
    body.body.type === "BlockStatement"
  )
    throw new Untranslatable(`what goes through a list is a function of one parameter, as x => x.n > 1`);
  const list = celOf(target, names);
  const inner = celOf(body.body, withLocal(names, parameter.name));
  return {
    text: `${wrap(list, 8)}.${macro.cel}(${parameter.name}, ${inner.text})`,
    level: 8,
    type: macro.type,
  };
}

/** `Math.max` of `Math.max(…)`. */
function nameOf(tree: AnyNode): string | undefined {
  if (tree.type === "Identifier") return tree.name;
  if (tree.type !== "MemberExpression" || tree.computed || tree.property.type !== "Identifier")
    return undefined;
  const object = tree.object.type === "Identifier" ? tree.object.name : undefined;
  return object === undefined ? undefined : `${object}.${tree.property.name}`;
}
