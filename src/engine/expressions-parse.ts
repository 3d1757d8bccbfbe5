/**
 * The border to cel-js: its parser makes the tree, which becomes one of our own here. Its type declarations leave the
 * tree open; what is assumed (operators, order of arguments) is pinned by the exact version and by the tests.
 */
import { Environment, ParseError } from "@marcbachmann/cel-js";
import type { ExpressionLimits } from "./expressions-scope.ts";
import { hintFor, type Prepared, prepare } from "./expressions-syntax.ts";
import type { Tree } from "./expressions-tree.ts";

export type ParseResult =
  | { readonly ok: true; readonly tree: Tree }
  | {
      readonly ok: false;
      readonly reason: string;
      readonly isSyntax: true;
      readonly hint: string | undefined;
    };

/** A node of cel-js. What `args` holds depends on `op`: a value, a name, a node, or a list of these. */
type CelNode = {
  readonly op: string;
  readonly args: unknown;
  readonly start: number;
  readonly end: number;
  /** Of a field: where its name starts. */
  readonly pos: number;
};

/** Parses a text within the limits. */
export function parse(source: string, limits: ExpressionLimits): ParseResult {
  const prepared = prepare(source);
  const refuse = (reason: string): ParseResult => {
    const hint = hintFor(source);
    return { ok: false, reason: hint === undefined ? reason : `${reason}; ${hint}`, isSyntax: true, hint };
  };
  try {
    const { ast } = environmentFor(limits).parse(prepared.text);
    // Why a cast: the declarations of cel-js do not describe its tree.
    return { ok: true, tree: treeOf(ast as unknown as CelNode, prepared) };
  } catch (error) {
    if (error instanceof ParseError) {
      const where = error.range === undefined ? "" : ` at ${error.range.start + 1}`;
      return refuse(`${plain(error.summary)}${where}`);
    }
    if (error instanceof Refusal) return refuse(`${error.message} at ${error.start + 1}`);
    throw error;
  }
}

class Refusal extends Error {
  readonly start: number;

  constructor(message: string, start: number) {
    super(message);
    this.start = start;
  }
}

/** The names of tokens as signs. */
const TOKENS: Readonly<Record<string, string>> = {
  EOF: "the end of the expression",
  IDENTIFIER: "a name",
  NUMBER: "a number",
  STRING: "a string",
  PLUS: "'+'",
  MULTIPLY: "'*'",
  DIVIDE: "'/'",
  MODULO: "'%'",
  EQ: "'=='",
  NE: "'!='",
  LT: "'<'",
  LE: "'<='",
  GT: "'>'",
  GE: "'>='",
  AND: "'&&'",
  OR: "'||'",
  IN: "'in'",
  LPAREN: "'('",
  RPAREN: "')'",
  LBRACKET: "'['",
  RBRACKET: "']'",
  LBRACE: "'{'",
  RBRACE: "'}'",
  DOT: "'.'",
  COMMA: "','",
  COLON: "':'",
  QUESTION: "'?'",
};

function plain(summary: string): string {
  return summary.replace(/\b[A-Z]{2,}\b/g, (name) => TOKENS[name] ?? name);
}

const environments = new Map<string, Environment>();

function environmentFor({ nodesMax, depthMax }: ExpressionLimits): Environment {
  const name = `${nodesMax} ${depthMax}`;
  let environment = environments.get(name);
  if (environment === undefined) {
    environment = new Environment({
      enableOptionalTypes: true,
      limits: { maxAstNodes: nodesMax, maxDepth: depthMax },
    });
    environments.set(name, environment);
  }
  return environment;
}

/** Our tree of one of cel-js. */
function treeOf(node: CelNode, prepared: Prepared): Tree {
  const { op, args } = node;
  const place = { start: node.start, end: node.end };
  const tree = (of: unknown): Tree => treeOf(of as CelNode, prepared);
  switch (op) {
    case "value":
      return { ...place, op: "literal", value: literal(args, node) };
    case "id": {
      const number = prepared.numbers.get(node.start);
      if (number !== undefined) return { ...place, op: "literal", value: number };
      return { ...place, op: "name", name: String(args) };
    }
    case "call": {
      const [name, given] = args as [string, readonly unknown[]];
      return { ...place, op: "call", name, target: undefined, args: given.map(tree) };
    }
    case "rcall": {
      const [name, target, given] = args as [string, unknown, readonly unknown[]];
      return { ...place, op: "call", name, target: tree(target), args: given.map(tree) };
    }
    case "!_":
    case "-_":
      return { ...place, op: "unary", sign: op === "!_" ? "!" : "-", operand: tree(args) };
    case "list": {
      const optionals = prepared.optionals.get(node.start);
      const items = (args as readonly unknown[]).map((value, i) => ({
        value: tree(value),
        isOptional: optionals?.has(i) === true,
      }));
      return { ...place, op: "list", items };
    }
    case "map": {
      const optionals = prepared.optionals.get(node.start);
      const entries = (args as readonly (readonly [unknown, unknown])[]).map(([key, value], i) => ({
        key: tree(key),
        value: tree(value),
        isOptional: optionals?.has(i) === true,
      }));
      return { ...place, op: "map", entries };
    }
    default:
      return operation(node, prepared);
  }
}

/** The node of an operator with two or three operands. */
function operation(node: CelNode, prepared: Prepared): Tree {
  const { op } = node;
  const place = { start: node.start, end: node.end };
  const [first, second, third] = node.args as readonly [unknown, unknown, unknown];
  const left = treeOf(first as CelNode, prepared);
  if (op === "." || op === ".?") {
    const field = prepared.names.get(node.pos) ?? String(second);
    return { ...place, op: "select", target: left, field, isOptional: op === ".?" };
  }
  const right = treeOf(second as CelNode, prepared);
  switch (op) {
    case "[]":
    case "[?]":
      return { ...place, op: "index", target: left, index: right, isOptional: op === "[?]" };
    case "&&":
    case "||":
      return { ...place, op: "logic", sign: op, left, right };
    case "?:":
      return { ...place, op: "choice", condition: left, yes: right, no: treeOf(third as CelNode, prepared) };
    default:
      return { ...place, op: "binary", sign: op, left, right };
  }
}

function literal(value: unknown, { start }: CelNode): unknown {
  if (value instanceof Uint8Array) throw new Refusal("there are no bytes here; write a string, '…'", start);
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  if (BigInt(number) === value) return number;
  throw new Refusal(
    `the number ${value} is not exact, it would be ${number}; write it as a string, '${value}'`,
    start,
  );
}
