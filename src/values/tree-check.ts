/** The self-check of a counted tree. */
import { prefixRange, treeNodesPrefix } from "../keyspace/layouts.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { CountedTree, treeRootOf } from "./counted-tree.ts";
import { countIn, type InnerNode, type TreeNode } from "./tree-node.ts";

/** The faults of the tree of an object, a sentence each. `numbers` begin with count, root, height and next. */
export function checkTree(
  reader: OrderedReader,
  id: number,
  numbers: readonly number[],
  isOrdered: boolean,
): string[] {
  const root = treeRootOf(numbers);
  const tree = new CountedTree(id, reader, root);
  const findings: string[] = [];
  const say = (what: string) => findings.push(`the tree of the object ${id} ${what}`);
  const nodes = new Map<number, TreeNode>();
  for (const [number, node, level] of tree.nodes()) {
    nodes.set(number, node);
    if (number >= root.next) say(`has a node ${number}, the next is ${root.next}`);
    if ((node.kind === "leaf") !== (level === 0)) say(`has a ${node.kind} node at level ${level}`);
  }
  for (const [number, node] of nodes) {
    if (node.kind === "inner" && !countsAgree(node, nodes)) say(`has a node ${number} that counts wrong`);
  }
  if (tree.count !== numbers[0]) say(`has ${tree.count} entries, the record counts ${numbers[0]}`);
  if (isOrdered && !isInOrder(tree, tree.count)) say("is not in order");
  const { from, to } = prefixRange(treeNodesPrefix(id));
  let stored = 0;
  for (const _ of reader.range(from, to)) stored += 1;
  if (stored !== nodes.size) say(`has ${nodes.size} nodes, there are ${stored}`);
  return findings;
}

function countsAgree({ children }: InnerNode, nodes: ReadonlyMap<number, TreeNode>): boolean {
  return children.every(({ node, count }) => {
    const child = nodes.get(node);
    return child !== undefined && countIn(child) === count;
  });
}

/** Whether entries ascend, and each is found where it is. */
function isInOrder(tree: CountedTree, count: number): boolean {
  for (let place = 0; place < count; place += 1) {
    const entry = tree.at(place);
    if (tree.below(entry) !== place || (place > 0 && tree.at(place - 1).compare(entry) >= 0)) return false;
  }
  return true;
}
