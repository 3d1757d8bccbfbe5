/**
 * Expressions of JavaScript as expressions of ours, as far as they have a counterpart. A library parses; what is written
 * here is the translation of its tree. What has no counterpart is refused with what to write instead.
 */
import type { AnyNode, Expression } from "acorn";
import { isExactLiteral } from "../base/exact-json.ts";
import { isJsonObject, type Json } from "../base/json.ts";
import { callOf } from "./javascript-calls.ts";
import { type Cel, type Names, Untranslatable, wrap } from "./javascript-names.ts";
import { acorn } from "./parsers.ts";
import { field, notExact, quoted } from "./translation.ts";

export type JavaScript =
  | { readonly ok: true; readonly text: string; readonly type: Cel["type"] }
  | { readonly ok: false; readonly reason: string };

/** Characters of one expression or script. */
const CHARS_MAX = 4096;

/** Translates one expression. */
export function expressionOf(source: string, names: Names): JavaScript {
  return attempt(source, () => celOf(parsedExpression(source), names));
}

/** Translates a condition: its value must be true or false, since nothing here is true for being there. */
export function conditionOf(source: string, names: Names): JavaScript {
  return attempt(source, () => {
    // The body of a function that gives back one expression does as well as the expression.
    const tree = bodyOf(parsedExpression(source));
    return truth(celOf(tree, names));
  });
}

/** What a value is worth where JavaScript asks whether it is truthy. */
function truth(cel: Cel): Cel {
  const test = (text: string): Cel => ({ text: `${wrap(cel, 5)} ${text}`, level: 4, type: "bool" });
  if (cel.type === "bool") return cel;
  if (cel.type === "number") return test("!= 0");
  if (cel.type === "string") return test("!= ''");
  if (cel.type === "list" || cel.type === "map") return { text: "true", level: 8, type: "bool" };
  if (cel.type === "null") return { text: "false", level: 8, type: "bool" };
  return { text: `!(${cel.text} in [null, false, 0, ''])`, level: 7, type: "bool" };
}

/** The type of a value, as far as expressions ask for it. */
export function typeOf(json: Json | undefined): Cel["type"] {
  if (typeof json === "boolean") return "bool";
  if (typeof json === "number") return "number";
  if (typeof json === "string") return "string";
  if (Array.isArray(json)) return "list";
  return isJsonObject(json) ? "map" : undefined;
}

function attempt(source: string, translate: () => Cel): JavaScript {
  if (source.length > CHARS_MAX)
    return { ok: false, reason: `an expression may have ${CHARS_MAX} characters, this has ${source.length}` };
  try {
    const { text, type } = translate();
    return { ok: true, text, type };
  } catch (error) {
    if (error instanceof Untranslatable) return { ok: false, reason: error.message };
    if (error instanceof SyntaxError)
      return { ok: false, reason: `${shown(source)} is not a JavaScript expression: ${error.message}` };
    // Acorn recurses: a text that is all brackets ends so.
    if (error instanceof RangeError) return { ok: false, reason: "the expression is nested too deeply" };
    throw error;
  }
}

/** @throws SyntaxError, RangeError */
function parsedExpression(source: string): Expression {
  const { body } = acorn().parse(`(${source}\n)`, { ecmaVersion: 2022 });
  const [statement] = body;
  if (body.length === 1 && statement?.type === "ExpressionStatement") return statement.expression;
  throw new Untranslatable(`${shown(source)} is more than one expression`);
}

/** `({context}) => context.n > 1` and `function (x) { return x; }` stand for what they give back. */
function bodyOf(tree: Expression): Expression {
  if (tree.type !== "ArrowFunctionExpression" && tree.type !== "FunctionExpression") return tree;
  if (tree.body.type !== "BlockStatement") return tree.body;
  const [first] = tree.body.body;
  if (tree.body.body.length === 1 && first?.type === "ReturnStatement" && first.argument != null)
    return first.argument;
  throw new Untranslatable("a function of several statements is code; write the expression it computes");
}

export function shown(source: string): string {
  return JSON.stringify(source.length > 80 ? `${source.slice(0, 80)}…` : source);
}

/** The translation of a tree. @throws Untranslatable */
export function celOf(tree: AnyNode, names: Names): Cel {
  switch (tree.type) {
    case "Literal":
      return literalOf(tree);
    case "TemplateLiteral":
      return templateOf(tree, names);
    case "Identifier":
    case "MemberExpression":
      return pathOf(tree, names);
    case "ChainExpression":
      return celOf(tree.expression, names);
    case "ParenthesizedExpression":
      return celOf(tree.expression, names);
    case "UnaryExpression":
      return unaryOf(tree, names);
    case "BinaryExpression":
      return binaryOf(tree, names);
    case "LogicalExpression":
      return logicalOf(tree, names);
    case "ConditionalExpression": {
      const test = truth(celOf(tree.test, names));
      const [yes, no] = [celOf(tree.consequent, names), celOf(tree.alternate, names)];
      const type = yes.type === no.type ? yes.type : undefined;
      return { text: `${wrap(test, 2)} ? ${wrap(yes, 2)} : ${wrap(no, 1)}`, level: 1, type };
    }
    case "ArrayExpression":
      return {
        text: `[${tree.elements.map((item) => (item === null ? "null" : celOf(item, names).text)).join(", ")}]`,
        level: 8,
        type: "list",
      };
    case "ObjectExpression":
      return objectOf(tree, names);
    case "CallExpression":
      return callOf(tree, names, celOf);
    default:
      throw new Untranslatable(`${WORDS[tree.type] ?? tree.type} has no counterpart in an expression`);
  }
}

/** How people call nodes of a tree. */
const WORDS: Readonly<Record<string, string>> = {
  AssignmentExpression: 'an assignment ("x = …") changes something and',
  UpdateExpression: '"++" or "--" changes something and',
  ArrowFunctionExpression: "a function",
  FunctionExpression: "a function",
  NewExpression: '"new"',
  ThisExpression: '"this"',
  SequenceExpression: "a list of expressions behind one another",
  SpreadElement: '"..." (write merge(a, b) for maps, a + b for lists)',
  AwaitExpression: '"await"',
  YieldExpression: '"yield"',
  ClassExpression: "a class",
  TaggedTemplateExpression: "a tagged template",
};

function literalOf(tree: Extract<AnyNode, { type: "Literal" }>): Cel {
  const { value } = tree;
  if (typeof value === "string") return { text: quoted(value), level: 8, type: "string" };
  if (typeof value === "bigint")
    throw new Untranslatable(
      `${String(tree.raw)} is a BigInt, which JSON does not have: write it as a string`,
    );
  if (typeof value === "number" && !isExactLiteral(tree.raw ?? ""))
    throw new Untranslatable(notExact(tree.raw ?? ""));
  if (typeof value === "number" && Number.isFinite(value))
    return { text: String(value), level: 8, type: "number" };
  if (typeof value === "boolean") return { text: String(value), level: 8, type: "bool" };
  if (value === null && tree.regex == null) return { text: "null", level: 8, type: "null" };
  throw new Untranslatable("a regular expression is written text.matches('…') here");
}

function templateOf(tree: Extract<AnyNode, { type: "TemplateLiteral" }>, names: Names): Cel {
  const parts: string[] = [];
  for (const [index, { value }] of tree.quasis.entries()) {
    if (value.cooked != null && value.cooked !== "") parts.push(quoted(value.cooked));
    const inner = tree.expressions[index];
    if (inner !== undefined) parts.push(textOf(celOf(inner, names)));
  }
  if (parts.length === 0) return { text: "''", level: 8, type: "string" };
  return { text: parts.join(" + "), level: parts.length > 1 ? 5 : 8, type: "string" };
}

/** The text of a value, as JavaScript makes it where it adds one to a text. */
function textOf(cel: Cel): string {
  return cel.type === "string" ? wrap(cel, 6) : `string(${cel.text})`;
}

/** The names of `a.b.c`, and of `a['b']`; undefined where a part is computed. */
function namesOf(tree: AnyNode): readonly string[] | undefined {
  if (tree.type === "Identifier") return [tree.name];
  if (tree.type !== "MemberExpression" || tree.optional) return undefined;
  const outer = namesOf(tree.object);
  const { property } = tree;
  if (outer === undefined) return undefined;
  if (!tree.computed && property.type === "Identifier") return [...outer, property.name];
  if (tree.computed && property.type === "Literal" && typeof property.value === "string")
    return [...outer, property.value];
  return undefined;
}

/** A variable, and what is inside it. */
function pathOf(tree: Extract<AnyNode, { type: "Identifier" | "MemberExpression" }>, names: Names): Cel {
  const path = namesOf(tree);
  if (path !== undefined) {
    if (path.length === 1 && path[0] === "undefined") return { text: "null", level: 8, type: "null" };
    const found = names.resolve(path);
    if (found !== undefined) {
      const rest = path.slice(found.used);
      if (rest.length === 1 && rest[0] === "length")
        return { text: `size(${found.text})`, level: 8, type: "number" };
      const text = rest.reduce((target, key) => field(target, key), found.text);
      return { text, level: 8, type: rest.length === 0 ? found.type : undefined };
    }
    if (tree.type === "Identifier") throw new Untranslatable(names.unknown(tree.name));
  }
  if (tree.type === "Identifier") throw new Untranslatable(names.unknown(tree.name));
  return memberOf(tree, names);
}

function memberOf(tree: Extract<AnyNode, { type: "MemberExpression" }>, names: Names): Cel {
  const object = celOf(tree.object, names);
  const { property } = tree;
  if (!tree.computed && property.type === "Identifier") {
    if (property.name === "length") return { text: `size(${object.text})`, level: 8, type: "number" };
    if (tree.optional) return { text: `${wrap(object, 8)}.?${property.name}`, level: 8, type: undefined };
    return { text: field(wrap(object, 8), property.name), level: 8, type: undefined };
  }
  if (property.type === "PrivateIdentifier") throw new Untranslatable("a private field has no counterpart");
  const key = celOf(property, names);
  return { text: `${wrap(object, 8)}[${key.text}]`, level: 8, type: undefined };
}

function unaryOf(tree: Extract<AnyNode, { type: "UnaryExpression" }>, names: Names): Cel {
  const { operator, argument } = tree;
  if (operator === "typeof")
    throw new Untranslatable("typeof is for comparisons with a string, such as typeof x !== 'undefined'");
  if (operator === "!") {
    const inner = truth(celOf(argument, names));
    return { text: `!${wrap(inner, 7)}`, level: 7, type: "bool" };
  }
  if (operator === "-") return { text: `-${wrap(celOf(argument, names), 7)}`, level: 7, type: "number" };
  if (operator === "+") return { text: `double(${celOf(argument, names).text})`, level: 8, type: "number" };
  if (operator === "void") return { text: "null", level: 8, type: "null" };
  throw new Untranslatable(`the operator ${operator} has no counterpart`);
}

const COMPARISONS: Readonly<Record<string, string>> = {
  "===": "==",
  "==": "==",
  "!==": "!=",
  "!=": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};

function binaryOf(tree: Extract<AnyNode, { type: "BinaryExpression" }>, names: Names): Cel {
  const { operator, left, right } = tree;
  if (left.type === "PrivateIdentifier") throw new Untranslatable("a private field has no counterpart");
  const known = existenceOf(tree, names);
  if (known !== undefined) return known;
  const [a, b] = [celOf(left, names), celOf(right, names)];
  const comparison = COMPARISONS[operator];
  if (comparison !== undefined)
    return { text: `${wrap(a, 5)} ${comparison} ${wrap(b, 5)}`, level: 4, type: "bool" };
  if (operator === "in") return { text: `${wrap(a, 5)} in ${wrap(b, 5)}`, level: 4, type: "bool" };
  if (operator === "+") return sumOf(a, b);
  if (operator === "-") return { text: `${wrap(a, 5)} - ${wrap(b, 6)}`, level: 5, type: "number" };
  if (operator === "*" || operator === "/" || operator === "%")
    return { text: `${wrap(a, 6)} ${operator} ${wrap(b, 7)}`, level: 6, type: "number" };
  if (operator === "**") return { text: `math.pow(${a.text}, ${b.text})`, level: 8, type: "number" };
  throw new Untranslatable(`the operator ${operator} has no counterpart`);
}

/** A number and a text are added as texts. */
function sumOf(a: Cel, b: Cel): Cel {
  if ((a.type === "string") !== (b.type === "string")) {
    const [left, right] = [a, b].map((cel) => textOf(cel));
    return { text: `${left} + ${right}`, level: 5, type: "string" };
  }
  const type = a.type === b.type ? a.type : undefined;
  return { text: `${wrap(a, 5)} + ${wrap(b, 6)}`, level: 5, type };
}

/** `typeof x === 'undefined'`, `x !== undefined` and `x == null`. */
function existenceOf(tree: Extract<AnyNode, { type: "BinaryExpression" }>, names: Names): Cel | undefined {
  const { operator, left, right } = tree;
  if (left.type === "PrivateIdentifier" || COMPARISONS[operator] === undefined) return undefined;
  const isNot = operator.startsWith("!");
  if (left.type === "UnaryExpression" && left.operator === "typeof" && right.type === "Literal") {
    if (right.value === "undefined") return absence(left.argument, isNot, names);
    const check = TYPES[String(right.value)];
    if (check === undefined)
      throw new Untranslatable(`typeof compared with ${String(right.value)} has no counterpart`);
    const path = celOf(left.argument, names);
    const text = `type(${path.text}) ${isNot ? "!=" : "=="} ${check}`;
    return { text, level: 4, type: "bool" };
  }
  const isUndefined = right.type === "Identifier" && right.name === "undefined";
  return isUndefined ? absence(left, isNot, names) : undefined;
}

/** What `typeof` gives, and the type here. */
const TYPES: Readonly<Record<string, string>> = { string: "string", boolean: "bool", number: "double" };

function absence(tree: AnyNode, isNot: boolean, names: Names): Cel {
  if (tree.type === "Identifier") {
    const found = names.resolve([tree.name]);
    // A variable that is not there at all is undefined.
    if (found === undefined) return { text: String(!isNot), level: 8, type: "bool" };
  }
  const { text } = celOf(tree, names);
  const isField = /\.[A-Za-z_]\w*$/.test(text) && !names.isDeclared(text);
  const there = isField ? `has(${text})` : `${text} != null`;
  if (isNot) return { text: there, level: isField ? 8 : 4, type: "bool" };
  return isField
    ? { text: `!${there}`, level: 7, type: "bool" }
    : { text: `${text} == null`, level: 4, type: "bool" };
}

function logicalOf(tree: Extract<AnyNode, { type: "LogicalExpression" }>, names: Names): Cel {
  const { operator } = tree;
  if (operator === "??") {
    const left = celOf(tree.left, names);
    const optional = left.text.replace(/\.([A-Za-z_]\w*)$/, ".?$1");
    const isField = optional !== left.text;
    return {
      text: `${isField ? optional : `optional.of(${left.text})`}.orValue(${celOf(tree.right, names).text})`,
      level: 8,
      type: undefined,
    };
  }
  const [a, b] = [truth(celOf(tree.left, names)), truth(celOf(tree.right, names))];
  const level = operator === "&&" ? 3 : 2;
  return { text: `${wrap(a, level)} ${operator} ${wrap(b, level + 1)}`, level, type: "bool" };
}

function objectOf(tree: Extract<AnyNode, { type: "ObjectExpression" }>, names: Names): Cel {
  const entries = tree.properties.map((property) => {
    if (property.type === "SpreadElement" || property.computed || property.kind !== "init")
      throw new Untranslatable("an object has plain keys here; merge(a, b) puts two together");
    const { key } = property;
    const name =
      key.type === "Identifier" ? key.name : key.type === "Literal" ? String(key.value) : undefined;
    if (name === undefined) throw new Untranslatable("an object has plain keys here");
    return `${quoted(name)}: ${celOf(property.value, names).text}`;
  });
  return { text: `{${entries.join(", ")}}`, level: 8, type: "map" };
}

/** The value of an expression that is a literal; undefined for any other. */
export function constantOf(source: string): Json | undefined {
  if (source.length > CHARS_MAX) return undefined;
  try {
    return valueOfTree(parsedExpression(source));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError || error instanceof Untranslatable)
      return undefined;
    throw error;
  }
}

function valueOfTree(tree: AnyNode): Json | undefined {
  if (tree.type === "Literal" && typeof tree.value === "number" && !isExactLiteral(tree.raw ?? ""))
    return undefined;
  if (tree.type === "Literal")
    return typeof tree.value === "string" || typeof tree.value === "number" || typeof tree.value === "boolean"
      ? tree.value
      : tree.raw === "null"
        ? null
        : undefined;
  if (tree.type === "Identifier") return tree.name === "undefined" ? null : undefined;
  if (tree.type === "UnaryExpression" && tree.operator === "-") {
    const value = valueOfTree(tree.argument);
    return typeof value === "number" ? -value : undefined;
  }
  if (tree.type === "ArrayExpression") {
    const items = tree.elements.map((item) => (item === null ? null : valueOfTree(item)));
    return items.every((item) => item !== undefined) ? items : undefined;
  }
  if (tree.type !== "ObjectExpression") return undefined;
  const entries: [string, Json][] = [];
  for (const property of tree.properties) {
    if (property.type === "SpreadElement" || property.computed || property.kind !== "init") return undefined;
    const { key } = property;
    const value = valueOfTree(property.value);
    if (value === undefined || (key.type !== "Identifier" && key.type !== "Literal")) return undefined;
    entries.push([key.type === "Identifier" ? key.name : String(key.value), value]);
  }
  return Object.fromEntries(entries);
}
