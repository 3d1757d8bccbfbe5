/** Expressions of JSONata as expressions of ours, as far as they have a counterpart. The library only parses. */
import { FUNCTIONS, OF_LISTS } from "./jsonata-functions.ts";
import { jsonata } from "./parsers.ts";
import { field, quoted } from "./translation.ts";

/** What `$name` stands for; undefined where there is no such variable. */
export type Variables = (
  path: readonly string[],
) => { readonly text: string; readonly used: number } | undefined;

export type JsonataResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string };

type Node = {
  readonly type: string;
  readonly value?: unknown;
  readonly [key: string]: unknown;
};

const CHARS_MAX = 4096;

class Untranslatable extends Error {}

export function jsonataOf(source: string, variables: Variables): JsonataResult {
  if (source.length > CHARS_MAX)
    return { ok: false, reason: `an expression may have ${CHARS_MAX} characters` };
  try {
    return {
      ok: true,
      text: celOf(jsonata()(source).ast() as unknown as Node, { variables, inner: undefined }),
    };
  } catch (error) {
    if (error instanceof Untranslatable) return { ok: false, reason: error.message };
    if (error instanceof RangeError) return { ok: false, reason: "the expression is nested too deeply" };
    // The library throws plain objects.
    if (typeof error === "object" && error !== null && "code" in error && "position" in error)
      return {
        ok: false,
        reason: `${JSON.stringify(source.slice(0, 80))} is not a JSONata expression${"message" in error ? `: ${String(error.message)}` : ""}`,
      };
    throw error;
  }
}

type Place = {
  readonly variables: Variables;
  /** What a field without anything before it is a field of: an item of a list that is filtered. */
  readonly inner: string | undefined;
};

const OPERATORS: Readonly<Record<string, string>> = {
  "=": "==",
  "!=": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
  and: "&&",
  or: "||",
  "+": "+",
  "-": "-",
  "*": "*",
  "/": "/",
  "%": "%",
  in: "in",
};

function nodeOf(value: unknown): Node {
  if (typeof value === "object" && value !== null && "type" in value) return value as Node;
  throw new Untranslatable("this has no counterpart");
}

function nodesOf(value: unknown): readonly Node[] {
  return Array.isArray(value) ? value.map(nodeOf) : [];
}

function celOf(node: Node, place: Place): string {
  switch (node.type) {
    case "string":
      return quoted(String(node.value));
    case "number":
    case "value":
      return String(node.value);
    case "variable":
      return pathOf([node], place);
    case "name":
      return pathOf([node], place);
    case "path":
      return pathOf(nodesOf(node["steps"]), place);
    case "binary":
      return binaryOf(node, place);
    case "unary":
      return unaryOf(node, place);
    case "condition": {
      const no = node["else"] === undefined ? "null" : celOf(nodeOf(node["else"]), place);
      return `(${celOf(nodeOf(node["condition"]), place)} ? ${celOf(nodeOf(node["then"]), place)} : ${no})`;
    }
    case "function":
      return callOf(node, place);
    case "block": {
      const [only, ...more] = nodesOf(node["expressions"]);
      if (only !== undefined && more.length === 0) return `(${celOf(only, place)})`;
      throw new Untranslatable("a block of several expressions has no counterpart: write one");
    }
    default:
      throw new Untranslatable(`${WORDS[node.type] ?? `"${node.type}"`} has no counterpart`);
  }
}

const WORDS: Readonly<Record<string, string>> = {
  bind: "an assignment (:=)",
  lambda: "a function that is not handed to $map or $filter",
  regex: "a regular expression (write text.matches('…'))",
  transform: "a transformation (| … |)",
  apply: "a chain (~>)",
  wildcard: "*",
  descendant: "**",
  parent: "%",
  sort: "a sorting (^)",
};

function binaryOf(node: Node, place: Place): string {
  const left = nodeOf(node["lhs"]);
  const right = nodeOf(node["rhs"]);
  if (node.value === "&") return `(${textOf(left, place)} + ${textOf(right, place)})`;
  if (node.value === "..") throw new Untranslatable("a range is written range(from, to) here");
  const operator = OPERATORS[String(node.value)];
  if (operator === undefined)
    throw new Untranslatable(`the operator ${String(node.value)} has no counterpart`);
  return `(${celOf(left, place)} ${operator} ${celOf(right, place)})`;
}

function textOf(node: Node, place: Place): string {
  const isText = node.type === "string" || (node.type === "binary" && node.value === "&");
  return isText ? celOf(node, place) : `string(${celOf(node, place)})`;
}

function unaryOf(node: Node, place: Place): string {
  if (node.value === "-") return `-${celOf(nodeOf(node["expression"]), place)}`;
  if (node.value === "[")
    return `[${nodesOf(node["expressions"])
      .map((item) => celOf(item, place))
      .join(", ")}]`;
  if (node.value !== "{") throw new Untranslatable(`the operator ${String(node.value)} has no counterpart`);
  const pairs = (Array.isArray(node["lhs"]) ? node["lhs"] : []) as unknown[];
  const entries = pairs.map((pair) => {
    const [key, value] = nodesOf(pair);
    if (key === undefined || value === undefined) throw new Untranslatable("an object has keys and values");
    return `${celOf(key, place)}: ${celOf(value, place)}`;
  });
  return `{${entries.join(", ")}}`;
}

/** A variable or field, and what is inside it. */
function pathOf(steps: readonly Node[], place: Place): string {
  const [first] = steps;
  if (first === undefined) throw new Untranslatable("a path needs a step");
  let text: string;
  let used = 1;
  // The item that a filter looks at.
  if (first.type === "variable" && first.value === "" && place.inner !== undefined) text = place.inner;
  else if (first.type === "variable") {
    const names: string[] = [];
    for (const step of steps) {
      if (step !== first && step.type !== "name") break;
      names.push(String(step.value));
      if (step["stages"] !== undefined) break;
    }
    const found = place.variables(names);
    if (found === undefined) throw new Untranslatable(`there is no variable $${names[0] ?? ""}`);
    ({ text, used } = found);
  } else if (first.type === "name") {
    if (place.inner === undefined)
      throw new Untranslatable(
        `${String(first.value)} is a field of nothing: write $states.input.${String(first.value)}`,
      );
    text = field(place.inner, String(first.value));
  } else text = celOf(first, place);
  let stages = steps[used - 1]?.["stages"] ?? steps[used - 1]?.["predicate"];
  for (let index = used; ; index += 1) {
    const staged = withStages(text, stages, place);
    text = staged.text;
    const step = steps[index];
    if (step === undefined) return text;
    if (step.type !== "name") throw new Untranslatable("a step of a path is a field");
    // JSONata goes over the items of a list by itself where it has been filtered.
    text = staged.isList
      ? `${text}.map(x, ${field("x", String(step.value))})`
      : field(text, String(step.value));
    stages = step["stages"] ?? step["predicate"];
  }
}

/**
 * What a function takes that takes a list. JSONata goes over the items of a list by itself: in `$sum(lines.price)` the price is
 * that of each line, or a list itself; which, is known when it runs.
 */
function itemsOf(node: Node, place: Place): string {
  const steps = node.type === "path" ? nodesOf(node["steps"]) : [];
  const last = steps.at(-1);
  const isField = last?.type === "name" && last["stages"] === undefined && last["predicate"] === undefined;
  if (!isField || steps.length < 2) return celOf(node, place);
  const whole = celOf(node, place);
  const outer = pathOf(steps.slice(0, -1), place);
  const name = String(last.value);
  // Where the path before is a variable of several words, or has been gone over already.
  if (whole !== field(outer, name)) return whole;
  return `(type(${outer}) == list ? ${outer}.map(x, ${field("x", name)}) : ${whole})`;
}

/** Filters of a step: an index, or a condition on each item. */
function withStages(
  text: string,
  stages: unknown,
  place: Place,
): { readonly text: string; readonly isList: boolean } {
  let result = text;
  let isList = false;
  for (const stage of nodesOf(stages)) {
    if (stage.type !== "filter")
      throw new Untranslatable("of the steps in brackets there are an index and a condition here");
    const expr = nodeOf(stage["expr"]);
    if (expr.type === "number") {
      const index = Number(expr.value);
      result = `${result}[${index}]`;
      isList = false;
    } else if (expr.type === "unary" && expr.value === "-" && nodeOf(expr["expression"]).type === "number")
      result = `${result}[size(${result}) - ${String(nodeOf(expr["expression"]).value)}]`;
    else {
      result = `${result}.filter(x, ${celOf(expr, { ...place, inner: "x" })})`;
      isList = true;
    }
  }
  return { text: result, isList };
}

function callOf(node: Node, place: Place): string {
  const name = String(nodeOf(node["procedure"]).value);
  const args = nodesOf(node["arguments"]);
  const [first, second] = args;
  if ((name === "map" || name === "filter") && first !== undefined && second?.type === "lambda") {
    const [parameter, more] = nodesOf(second["arguments"]);
    if (parameter === undefined || more !== undefined)
      throw new Untranslatable(`$${name} takes a function of one parameter here`);
    const local = String(parameter.value);
    const variables: Variables = (path) =>
      path[0] === local ? { text: local, used: 1 } : place.variables(path);
    return `${itemsOf(first, place)}.${name}(${local}, ${celOf(nodeOf(second["body"]), { ...place, variables })})`;
  }
  if (name === "exists" && first !== undefined) return existsOf(celOf(first, place));
  if (name === "merge" && first?.type === "unary" && first.value === "[") {
    const parts = nodesOf(first["expressions"]).map((part) => celOf(part, place));
    const [start = "{}", ...rest] = parts;
    return rest.reduce((merged, part) => `${merged}.merge(${part})`, start);
  }
  const translate = FUNCTIONS[`${name} ${args.length}`];
  if (translate === undefined)
    throw new Untranslatable(
      ["uuid", "random", "hash"].includes(name)
        ? `$${name}() is another value each time, which an expression here never is: let the worker make it`
        : `$${name}() with ${args.length} arguments has no counterpart`,
    );
  return translate(
    args.map((arg, index) =>
      OF_LISTS.has(name) && (index === 0 || name === "append") ? itemsOf(arg, place) : celOf(arg, place),
    ),
  );
}

function existsOf(text: string): string {
  return /\.[A-Za-z_]\w*$/.test(text) ? `has(${text})` : `(${text} != null)`;
}
