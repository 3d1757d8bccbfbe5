/**
 * The syntax tree of cel-js 8, as far as we look into it. Its type declarations leave it open; what is assumed here
 * (operators, order of arguments, expanded macros) is pinned by the exact version and by the tests that compare the
 * closures with cel-js itself.
 */
import type { Read } from "./expressions-scope.ts";
import { readerOf } from "./expressions-variables.ts";

/** Runs a node; `this` of a hook is the node. */
type Evaluate = (evaluator: Evaluator, ast: CelNode, context: unknown) => unknown;

export type Evaluator = { run(node: CelNode, context: unknown): unknown };

/** One node. What `args` holds depends on `op`: a value, a name, a node, or a list of these. */
export type CelNode = {
  readonly op: string;
  // Why any shape: each operator has its own; `childrenOf` is the one place that takes them apart.
  readonly args: readonly unknown[] & unknown;
  readonly start: number;
  readonly end: number;
  readonly checkedType?: { readonly name: string; readonly kind: string };
  readonly meta: {
    readonly evaluate: Evaluate;
    /** The node a macro or a constant was expanded to. */
    readonly alternate?: CelNode;
    readonly macro?: MacroState;
  };
  setMeta(name: "evaluate", value: Evaluate): CelNode;
  /** Ours: the compiled pattern of a `matches`. */
  regex?: LinearRegex;
};

/** A regular expression that takes a time linear in the text, and says how much of it, as the meter counts. */
export type LinearRegex = {
  readonly test: (text: string) => boolean;
  readonly costOf: (text: string) => number;
};

/** `has(…)` and `cel.bind(…)`, the two macros that are not expanded to a comprehension. */
export type MacroState = {
  readonly macroHasProps?: readonly CelNode[];
  readonly bindCtx?: unknown;
  readonly var?: string;
  readonly val?: CelNode;
  readonly exp?: CelNode;
};

/** The node that is evaluated in the place of this one. */
export function expansionOf(node: CelNode): CelNode {
  return node.meta.alternate ?? node;
}

/** The nodes below an expanded node, in evaluation order as far as there is one. */
export function childrenOf(node: CelNode): readonly CelNode[] {
  const macro = node.meta.macro;
  if (macro !== undefined) return [macro.val, macro.exp].filter((child) => child !== undefined);
  if (node.op === "comprehension") {
    const { iterable, init, step } = node.args as unknown as Record<"iterable" | "init" | "step", CelNode>;
    return [iterable, init, step];
  }
  if (node.op === "value") return [];
  return nodesIn(node.args);
}

function nodesIn(value: unknown, found: CelNode[] = []): readonly CelNode[] {
  if (isNode(value)) found.push(value);
  else if (Array.isArray(value)) for (const item of value) nodesIn(item, found);
  return found;
}

/** True for a node of the tree. */
export function isNode(value: unknown): value is CelNode {
  return typeof value === "object" && value !== null && "op" in value && "meta" in value;
}

/** The type of arithmetic on operands of unknown type: anything but true or false. */
export const ARITHMETIC = "number, text or list";

/** True when the outermost operation is arithmetic. */
export function isArithmetic(ast: CelNode): boolean {
  return ["+", "-", "*", "/", "%", "-_"].includes(expansionOf(ast).op);
}

/** The variable paths an expression reads, in the order of the text, each once. */
export function readsOf(ast: CelNode, source: string): readonly Read[] {
  const reads = new Map<string, { read: Read; start: number }>();
  const visit = (node: CelNode): void => {
    const keys = pathOf(node);
    if (keys === undefined) {
      for (const child of nodesIn(node.args)) visit(child);
    } else if (readerOf(keys[0] ?? "") !== undefined) {
      const path = source.slice(node.start, node.end);
      if (!reads.has(path)) reads.set(path, { read: { path, keys }, start: node.start });
    }
  };
  visit(ast);
  return [...reads.values()].sort((a, b) => a.start - b.start).map((entry) => entry.read);
}

/** The parts of `a.b["c"][0]` or `a.?b`; undefined when the node is no such chain. */
function pathOf(node: CelNode): readonly string[] | undefined {
  if (node.op === "id") return [String(node.args)];
  if (![".", ".?", "[]", "[?]"].includes(node.op)) return undefined;
  const [left, right] = node.args as [CelNode, CelNode | string];
  const keys = pathOf(left);
  if (keys === undefined) return undefined;
  if (typeof right === "string") return [...keys, right];
  const isLiteral =
    right.op === "value" && (typeof right.args === "string" || typeof right.args === "bigint");
  return isLiteral ? [...keys, String(right.args)] : undefined;
}
