/** The syntax tree of an expression, and what can be read off it. Positions are places in the text as written. */
import type { Read } from "./expressions-scope.ts";

type Place = { readonly start: number; readonly end: number };

export type Tree = Place &
  (
    | { readonly op: "literal"; readonly value: unknown }
    | { readonly op: "name"; readonly name: string }
    /** `a.b`, or `a.?b` when it is optional. */
    | { readonly op: "select"; readonly target: Tree; readonly field: string; readonly isOptional: boolean }
    | { readonly op: "index"; readonly target: Tree; readonly index: Tree; readonly isOptional: boolean }
    | {
        readonly op: "call";
        readonly name: string;
        readonly target: Tree | undefined;
        readonly args: readonly Tree[];
      }
    | {
        readonly op: "list";
        readonly items: readonly { readonly value: Tree; readonly isOptional: boolean }[];
      }
    | {
        readonly op: "map";
        readonly entries: readonly {
          readonly key: Tree;
          readonly value: Tree;
          readonly isOptional: boolean;
        }[];
      }
    | { readonly op: "unary"; readonly sign: "!" | "-"; readonly operand: Tree }
    | { readonly op: "binary"; readonly sign: string; readonly left: Tree; readonly right: Tree }
    | { readonly op: "logic"; readonly sign: "&&" | "||"; readonly left: Tree; readonly right: Tree }
    | { readonly op: "choice"; readonly condition: Tree; readonly yes: Tree; readonly no: Tree }
  );

export type TreeOf<Op extends Tree["op"]> = Extract<Tree, { readonly op: Op }>;

/** The nodes below a node. */
export function childrenOf(tree: Tree): readonly Tree[] {
  switch (tree.op) {
    case "select":
      return [tree.target];
    case "index":
      return [tree.target, tree.index];
    case "call":
      return tree.target === undefined ? tree.args : [tree.target, ...tree.args];
    case "list":
      return tree.items.map(({ value }) => value);
    case "map":
      return tree.entries.flatMap(({ key, value }) => [key, value]);
    case "unary":
      return [tree.operand];
    case "binary":
    case "logic":
      return [tree.left, tree.right];
    case "choice":
      return [tree.condition, tree.yes, tree.no];
    default:
      return [];
  }
}

/** The number of nodes. */
export function sizeOfTree(tree: Tree): number {
  return childrenOf(tree).reduce((sum, child) => sum + sizeOfTree(child), 1);
}

/** The paths of variables an expression reads, in the order of the text, each once. */
export function readsOf(tree: Tree, source: string, isVariable: (name: string) => boolean): readonly Read[] {
  const reads = new Map<string, { read: Read; start: number }>();
  const visit = (node: Tree): void => {
    const keys = pathOf(node);
    if (keys === undefined) {
      for (const child of childrenOf(node)) visit(child);
    } else if (isVariable(keys[0] ?? "")) {
      const path = source.slice(node.start, node.end);
      if (!reads.has(path)) reads.set(path, { read: { path, keys }, start: node.start });
    }
  };
  visit(tree);
  return [...reads.values()].sort((a, b) => a.start - b.start).map((entry) => entry.read);
}

/** The parts of `a.b["c"][0]` or `a.?b`; undefined when the node is no such chain. */
function pathOf(tree: Tree): readonly string[] | undefined {
  switch (tree.op) {
    case "name":
      return [tree.name];
    case "select": {
      const keys = pathOf(tree.target);
      return keys && [...keys, tree.field];
    }
    case "index": {
      const keys = pathOf(tree.target);
      const { index } = tree;
      if (index.op !== "literal" || typeof index.value === "boolean") return undefined;
      return keys && [...keys, String(index.value)];
    }
    default:
      return undefined;
  }
}
