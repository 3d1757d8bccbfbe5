/** What to write instead of a function that there is not: names of other languages, and names that are nearly right. */
import { type Compiler, textOf } from "./expressions-compiler.ts";
import { isMacro } from "./expressions-macros.ts";
import type { Tree, TreeOf } from "./expressions-tree.ts";
import { nearest } from "./problems.ts";

/** `$` stands for the text the function is called on, or its first argument, `,` for what follows. */
const OTHERS: Readonly<Record<string, string>> = {
  len: "size($)",
  length: "size($)",
  count: "size($)",
  strlen: "size($)",
  includes: "x in $ for a list, $.contains(text) for a string",
  has: "'key' in $",
  push: "$ + [x]",
  append: "$ + [x]",
  add: "$ + [x]",
  concat: "$ + x",
  reduce: "fold($, acc, item, init, expression)",
  forEach: "$.map(x, …)",
  some: "$.exists(x, …)",
  any: "$.exists(x, …)",
  every: "$.all(x, …)",
  find: "$.filter(x, …).first()",
  findIndex: "$.map(x, …).indexOf(true)",
  avg: "$.sum() / size($)",
  average: "$.sum() / size($)",
  mean: "$.sum() / size($)",
  unique: "$.distinct()",
  uniq: "$.distinct()",
  sorted: "$.sort()",
  sort_by: "$.sortBy(x, …)",
  orderBy: "$.sortBy(x, …)",
  order_by: "$.sortBy(x, …)",
  flat: "$.flatten()",
  toUpperCase: "$.upperAscii()",
  toLowerCase: "$.lowerAscii()",
  upper: "$.upperAscii()",
  lower: "$.lowerAscii()",
  uppercase: "$.upperAscii()",
  lowercase: "$.lowerAscii()",
  strip: "$.trim()",
  substr: "$.substring(from, to)",
  slice: "$.substring(from, to)",
  replaceAll: "$.replace(a, b)",
  startswith: "$.startsWith(text)",
  endswith: "$.endsWith(text)",
  match: "$.matches('pattern')",
  test: "$.matches('pattern')",
  toString: "string($)",
  str: "string($)",
  text: "string($)",
  String: "string($)",
  parseInt: "int($)",
  toInt: "int($)",
  number: "double($)",
  Number: "double($)",
  float: "double($)",
  parseFloat: "double($)",
  toNumber: "double($)",
  boolean: "bool($)",
  Boolean: "bool($)",
  toFixed: "math.round($, 2), or '%.2f'.format([$]) for a string",
  parse: "json.decode($)",
  stringify: "json.encode($)",
  toJson: "json.encode($)",
  date: "timestamp($)",
  Date: "timestamp($)",
  datetime: "timestamp($)",
  toISOString: "string(timestamp($))",
  getTime: "int($)",
  time: "timestamp($)",
  now: "now, which is a variable",
  isEmpty: "size($) == 0",
  empty: "size($) == 0",
  exists: "has($)",
  isset: "has($)",
  defined: "has($)",
  coalesce: "a.?b.orValue(c)",
  default: "a.?b.orValue(c)",
  ifelse: "condition ? a : b",
  iif: "condition ? a : b",
  concatenate: "a + b",
  entries: "$.transformList(key, value, …)",
  uuid: "key, or an id in the event: an expression has no chance in it",
  random: "a value in the event: an expression has no chance in it",
  bytes: "a string: there are no bytes here",
};

const OBJECTS: Readonly<Record<string, string>> = {
  Math: "math",
  JSON: "json",
  Object: "",
  String: "string",
  Number: "double",
  Date: "timestamp",
};

/** True for `Math`, `JSON`, … of JavaScript. */
export function isForeign(tree: Tree | undefined): tree is TreeOf<"name"> {
  return tree?.op === "name" && Object.hasOwn(OBJECTS, tree.name);
}

/** `; write …`, or nothing where nothing is near. */
export function adviceOnCall(call: TreeOf<"call">, compiler: Compiler, names: readonly string[]): string {
  const { name, target, args } = call;
  const texts = args.map((tree) => textOf(compiler, tree));
  const subject = target === undefined ? (texts[0] ?? "x") : textOf(compiler, target);
  const has = (full: string): boolean => names.includes(full);
  const object = isForeign(target) ? OBJECTS[target.name] : undefined;
  if (object !== undefined) return adviceOnObject(call, { object, texts, has });
  const rest = (target === undefined ? texts.slice(1) : texts).join(", ");
  const all = [subject, rest].filter((text) => text !== "").join(", ");
  if (has(`math.${name}`)) return `; write math.${name}(${all})`;
  if (target === undefined && (has(`.${name}`) || isMacro(name)))
    return `; write ${subject}.${name}(${rest})`;
  if (target !== undefined && has(name)) return `; write ${name}(${all})`;
  if (Object.hasOwn(OTHERS, name)) return `; write ${OTHERS[name]?.replaceAll("$", () => subject)}`;
  const base = target?.op === "name" && has(`${target.name}.${name}`) ? "" : baseOf(call, names);
  const short = names.map((full) => full.slice(full.lastIndexOf(".") + 1));
  const near = nearest(name, [...short, "map", "filter", "exists", "exists_one", "all", "sortBy", "fold"]);
  if (isMacro(name)) return `; ${name} takes a variable and an expression, such as list.${name}(x, …)`;
  return near === undefined ? base : `; did you mean ${near}?`;
}

/** For `math.foo`: what there is in the namespace. */
function baseOf({ target }: TreeOf<"call">, names: readonly string[]): string {
  if (target?.op !== "name") return "";
  const prefix = `${target.name}.`;
  const inside = names.filter((name) => name.startsWith(prefix));
  return inside.length === 0 ? "" : `; there are ${inside.join(", ")}`;
}

function adviceOnObject(
  { name, target }: TreeOf<"call">,
  given: {
    readonly object: string;
    readonly texts: readonly string[];
    readonly has: (name: string) => boolean;
  },
): string {
  const { object, texts, has } = given;
  if (has(`${object}.${name}`)) return `; write ${object}.${name}(${texts.join(", ")})`;
  if (target?.op === "name" && target.name === "JSON") {
    return `; write json.${name === "parse" ? "decode" : "encode"}(${texts.join(", ")})`;
  }
  if (target?.op === "name" && target.name === "Date")
    return name === "now" ? "; write now" : "; write timestamp(text)";
  if (has(`.${name}`)) return `; write ${texts[0] ?? "x"}.${name}(${texts.slice(1).join(", ")})`;
  return "";
}
