/** What an expression says of the types of its parts. */
import { isJsonObject, type Json, type JsonObject, memberAt } from "../base/json.ts";
import { isMacro } from "../engine/expressions-macros.ts";
import { childrenOf, type Tree, type TreeOf } from "../engine/expressions-tree.ts";

export type FieldType = "number" | "string" | "boolean" | "list" | "object";

/** What variables hold, as far as it is known. */
export interface Values {
  readonly context: JsonObject;
  readonly constants: JsonObject;
}

/** A part of an expression, and what the whole says of it. */
export interface Hint {
  readonly part: Tree;
  readonly type: FieldType | undefined;
  /** Values that it is compared with. */
  readonly choices?: readonly (string | number)[];
}

const ORDER: ReadonlySet<string> = new Set(["<", "<=", ">", ">="]);
const ARITHMETIC: ReadonlySet<string> = new Set(["-", "*", "/", "%"]);
/** Methods that only texts have. */
const OF_TEXTS: ReadonlySet<string> = new Set(
  "startsWith endsWith matches contains indexOf lastIndexOf substring charAt split trim replace lowerAscii upperAscii".split(
    " ",
  ),
);
/** Functions whose argument is a text. */
const TAKES_TEXT: ReadonlySet<string> = new Set(["timestamp", "duration"]);

/** The type of a value; undefined for null, which says nothing. */
export function typeOfJson(value: Json): FieldType | undefined {
  if (value === null) return undefined;
  if (Array.isArray(value)) return "list";
  if (isJsonObject(value)) return "object";
  return typeof value as "number" | "string" | "boolean";
}

/** The parts of `a.b["c"]`, up to an index: what has one is a list. Undefined where a tree is no such chain. */
export function pathOf(tree: Tree): readonly string[] | undefined {
  if (tree.op === "name") return [tree.name];
  if (tree.op === "select") {
    const keys = pathOf(tree.target);
    return keys && [...keys, tree.field];
  }
  if (tree.op !== "index" || tree.index.op !== "literal" || typeof tree.index.value !== "string")
    return undefined;
  const keys = pathOf(tree.target);
  return keys && [...keys, tree.index.value];
}

/** The children of a tree that is no path, with what the tree says of each. */
export function hintsFor(tree: Tree, expected: FieldType | undefined, values: Values): readonly Hint[] {
  switch (tree.op) {
    case "binary":
      return binary(tree, expected, values);
    case "logic":
      return [tree.left, tree.right].map((part) => ({ part, type: "boolean" }));
    case "unary":
      return [{ part: tree.operand, type: tree.sign === "!" ? "boolean" : "number" }];
    case "choice":
      return [
        { part: tree.condition, type: "boolean" },
        { part: tree.yes, type: expected },
        { part: tree.no, type: expected },
      ];
    case "index":
      return [
        { part: tree.target, type: typeOf(tree.index, values) === "number" ? "list" : undefined },
        { part: tree.index, type: undefined },
      ];
    case "call":
      return call(tree, expected, values);
    default:
      return childrenOf(tree).map((part) => ({ part, type: undefined }));
  }
}

function binary(
  { sign, left, right }: TreeOf<"binary">,
  expected: FieldType | undefined,
  values: Values,
): readonly Hint[] {
  const [leftType, rightType] = [typeOf(left, values), typeOf(right, values)];
  if (sign === "in") {
    const items = itemsOf(right, values);
    return [
      { part: left, type: items.map(typeOfJson).find((type) => type !== undefined), choices: scalars(items) },
      { part: right, type: "list" },
    ];
  }
  if (sign === "==" || sign === "!=")
    return [
      { part: left, type: rightType, choices: scalars(literalOf(right)) },
      { part: right, type: leftType, choices: scalars(literalOf(left)) },
    ];
  const otherwise = ORDER.has(sign) || ARITHMETIC.has(sign) ? "number" : expected;
  const [forLeft, forRight] = ARITHMETIC.has(sign) ? [undefined, undefined] : [rightType, leftType];
  return [
    { part: left, type: forLeft ?? otherwise },
    { part: right, type: forRight ?? otherwise },
  ];
}

function call(
  { name, target, args }: TreeOf<"call">,
  expected: FieldType | undefined,
  values: Values,
): readonly Hint[] {
  const plain = args.map((part): Hint => ({ part, type: undefined }));
  if (target === undefined)
    return TAKES_TEXT.has(name) ? args.map((part) => ({ part, type: "string" })) : plain;
  if (target.op === "name" && target.name === "math") return args.map((part) => ({ part, type: "number" }));
  if (OF_TEXTS.has(name))
    return [{ part: target, type: "string" }, ...args.map((part): Hint => ({ part, type: undefined }))];
  if (name === "orValue") {
    const [otherwise] = args;
    return [
      { part: target, type: (otherwise && typeOf(otherwise, values)) ?? expected },
      ...args.map((part): Hint => ({ part, type: expected })),
    ];
  }
  return [{ part: target, type: isMacro(name) ? "list" : undefined }, ...plain];
}

/** The type of what an expression evaluates to; undefined where it is not known. */
function typeOf(tree: Tree, values: Values): FieldType | undefined {
  switch (tree.op) {
    case "literal":
      return typeOfLiteral(tree.value);
    case "list":
      return "list";
    case "map":
      return "object";
    case "logic":
      return "boolean";
    case "unary":
      return tree.sign === "!" ? "boolean" : "number";
    case "choice":
      return typeOf(tree.yes, values) ?? typeOf(tree.no, values);
    case "binary":
      return typeOfBinary(tree, values);
    case "call":
      return tree.name === "size" ? "number" : tree.name === "string" ? "string" : undefined;
    default:
      return typeOfPath(tree, values);
  }
}

function typeOfLiteral(value: unknown): FieldType | undefined {
  const type = typeof value;
  if (type === "bigint") return "number";
  return type === "number" || type === "string" || type === "boolean" ? type : undefined;
}

function typeOfBinary({ sign, left, right }: TreeOf<"binary">, values: Values): FieldType | undefined {
  if (ARITHMETIC.has(sign)) return "number";
  return sign === "+" ? (typeOf(left, values) ?? typeOf(right, values)) : "boolean";
}

function typeOfPath(tree: Tree, values: Values): FieldType | undefined {
  const value = known(tree, values);
  if (value !== undefined) return typeOfJson(value);
  if (tree.op !== "name") return undefined;
  return tree.name === "now" ? "number" : tree.name === "key" ? "string" : undefined;
}

/** What a path into the context or the constants holds. */
function known(tree: Tree, values: Values): Json | undefined {
  const [root, ...keys] = pathOf(tree) ?? [];
  return root === "context" || root === "constants" ? memberAt(values[root], keys) : undefined;
}

/** What a list has, literal or known; the keys of an object. */
function itemsOf(tree: Tree, values: Values): readonly Json[] {
  if (tree.op === "list") return tree.items.flatMap(({ value }) => literalOf(value));
  const value = known(tree, values);
  if (Array.isArray(value)) return value;
  return isJsonObject(value) ? Object.keys(value) : [];
}

function literalOf(tree: Tree): readonly Json[] {
  if (tree.op !== "literal") return [];
  const { value } = tree;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? [value] : [];
}

function scalars(values: readonly Json[]): readonly (string | number)[] {
  return values.filter((value) => typeof value === "string" || typeof value === "number");
}
