/** JSONPath of Amazon States Language as expressions of ours: `$.a[0].b`, `$.a[*].b`, `$.a[?(@.n > 1)]`, `$.a[1:3]`. */
import { field, quoted } from "./translation.ts";

export type PathResult =
  | { readonly ok: true; readonly text: string; readonly isMany: boolean }
  | { readonly ok: false; readonly reason: string };

const STEP =
  /^(?:\.([A-Za-z_$][\w$-]*)|\[\s*'((?:[^'\\]|\\.)*)'\s*\]|\[\s*"((?:[^"\\]|\\.)*)"\s*\]|\[\s*(-?\d+)\s*\]|\[\s*(-?\d*)\s*:\s*(-?\d*)\s*\]|(\[\s*\*\s*\]|\.\*)|\[\?\(([^()]*)\)\])/;

/** The path behind its root, below the expression that the root stands for. */
export function pathIn(root: string, rest: string): PathResult {
  let text = root;
  let left = rest;
  // What follows a `*` or a filter goes over each item.
  let inner: string | undefined;
  const add = (suffix: (target: string) => string): void => {
    if (inner === undefined) text = suffix(text);
    else inner = suffix(inner);
  };
  while (left !== "") {
    if (left.startsWith(".."))
      return { ok: false, reason: '".." looks in all depths, which no expression does: name the path' };
    const match = STEP.exec(left);
    if (match === null)
      return { ok: false, reason: `${JSON.stringify(left)} is not a step of a path that translates` };
    const [whole, name, single, double, index, from, to, all, filter] = match;
    left = left.slice(whole.length);
    const key = name ?? single ?? double;
    if (key !== undefined) add((target) => field(target, key));
    else if (index !== undefined)
      add((target) =>
        index.startsWith("-") ? `${target}[size(${target}) - ${index.slice(1)}]` : `${target}[${index}]`,
      );
    else if (from !== undefined || to !== undefined) {
      if (from?.startsWith("-") === true || to?.startsWith("-") === true)
        return { ok: false, reason: "a slice counts from the front: write [from:to]" };
      add(
        (target) =>
          `${target}.slice(${from === "" ? "0" : from}, ${to === "" || to === undefined ? `size(${target})` : to})`,
      );
    } else if (all !== undefined) {
      if (inner !== undefined)
        return { ok: false, reason: "one * a path: write the others as an expression" };
      inner = "x";
    } else {
      const condition = filterOf(filter ?? "");
      if (condition === undefined || inner !== undefined)
        return {
          ok: false,
          reason: `the filter (${filter ?? ""}) is more than one comparison with a literal`,
        };
      text = `${text}.filter(x, ${condition})`;
      if (left !== "") inner = "x";
    }
  }
  if (inner === undefined) return { ok: true, text, isMany: false };
  return { ok: true, text: inner === "x" ? text : `${text}.map(x, ${inner})`, isMany: true };
}

function filterOf(source: string): string | undefined {
  const match =
    /^\s*@((?:\.[A-Za-z_]\w*)+)\s*(?:(==|!=|<=|>=|<|>)\s*('[^']*'|"[^"]*"|-?\d+(?:\.\d+)?|true|false|null))?\s*$/.exec(
      source,
    );
  if (match === null) return undefined;
  const [, path = "", operator, literal = ""] = match;
  const last = path.lastIndexOf(".");
  if (operator === undefined) return `has(x${path})`;
  const value = /^['"]/.test(literal) ? quoted(literal.slice(1, -1)) : literal;
  return `x${path.slice(0, last)}.?${path.slice(last + 1)}.orValue(null) ${operator} ${value}`;
}
