/**
 * A sequence of byte strings, the entries, stored in the nodes of a tree. A leaf holds up to 1 KB of entries; an inner
 * node holds the number of entries below each child. Finding an entry by its place, finding the place of an entry, and
 * counting entries between two places read one node per level. An insertion or removal writes one node per level.
 *
 * In a tree whose entries are in byte order, an inner node also holds a lower bound for each child: the shortest bytes
 * that separate it from the child before. Nodes are read from the store when they are needed; `write` stores changed
 * nodes.
 */
import { assert } from "../base/assert.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import { Packed } from "./packed.ts";
import {
  type Child,
  childAt,
  childFor,
  countIn,
  FANOUT_MAX,
  type InnerNode,
  isThin,
  lowerBound,
  merged,
  NO_LOW,
  pieces,
  placeAt,
  placeIn,
  separator,
  sum,
  type TreeNode,
} from "./tree-node.ts";
import { type NodeReader, TreeNodes } from "./tree-nodes.ts";

const NO_ENTRIES: readonly Buffer[] = [];

/** The fields of a tree in the record of its value. */
export interface TreeRoot {
  readonly root: number;
  /** Levels of inner nodes above the leaves. */
  readonly height: number;
  /** The number of the next node. */
  readonly next: number;
}

/** The tree of a large value. The numbers of the header begin with count, root, height and next. */
export function treeRootOf([, root, height, next]: readonly number[]): TreeRoot {
  assert(root !== undefined && height !== undefined && next !== undefined, "a tree has its numbers");
  return { root, height, next };
}

/** Adjacent entries, and the place of the first. */
export interface Run {
  readonly entries: Packed;
  readonly start: number;
}

export class CountedTree {
  readonly #nodes: TreeNodes;
  #root: number;
  #height: number;
  #next: number;

  constructor(id: number, reader: NodeReader, root: TreeRoot) {
    this.#nodes = new TreeNodes(id, reader);
    this.#root = root.root;
    this.#height = root.height;
    this.#next = root.next;
  }

  /** Builds a tree of these entries in their order; `isOrdered` says that this is byte order. */
  static of(id: number, reader: NodeReader, entries: Packed, isOrdered: boolean): CountedTree {
    const tree = new CountedTree(id, reader, { root: 0, height: 0, next: 1 });
    tree.#nodes.set(0, { kind: "leaf", entries: Packed.EMPTY });
    tree.#grow(tree.#replaced(0, entries, isOrdered));
    return tree;
  }

  get root(): TreeRoot {
    return { root: this.#root, height: this.#height, next: this.#next };
  }

  /** The numbers that `treeRootOf` reads after the count. */
  get numbers(): readonly number[] {
    return [this.#root, this.#height, this.#next];
  }

  get count(): number {
    return countIn(this.#nodes.get(this.#root));
  }

  /** The entry at a place. */
  at(place: number): Buffer {
    const { entries, start } = this.runAt(place);
    return entries.at(place - start);
  }

  /** The leaf with the entry at a place. */
  runAt(place: number): Run {
    let node = this.#nodes.get(this.#root);
    let start = 0;
    while (node.kind === "inner") {
      const { index, rest } = placeAt(node, place - start);
      start = place - rest;
      node = this.#nodes.get(childAt(node, index).node);
    }
    return { entries: node.entries, start };
  }

  /** The number of entries below these bytes, in a tree in byte order. */
  below(bytes: Buffer): number {
    let node = this.#nodes.get(this.#root);
    let place = 0;
    while (node.kind === "inner") {
      const index = childFor(node, bytes);
      for (let before = 0; before < index; before += 1) place += childAt(node, before).count;
      node = this.#nodes.get(childAt(node, index).node);
    }
    return place + lowerBound(node.entries, bytes);
  }

  /** Inserts an entry before the one at a place, or at the end. */
  insert(place: number, entry: Buffer): void {
    this.#grow(this.#insert(this.#root, place, entry));
  }

  /** Inserts an entry at its place in byte order. */
  insertInOrder(entry: Buffer): void {
    this.#grow(this.#insert(this.#root, undefined, entry));
  }

  /** Removes an entry, which is there, of a tree in byte order. */
  removeInOrder(entry: Buffer): void {
    this.#cutEntry(this.#root, entry);
    this.#shrink();
  }

  /** Replaces the entry at a place. */
  replace(place: number, entry: Buffer): void {
    // The new entry may split the leaf.
    this.remove(place, 1);
    this.insert(place, entry);
  }

  /** Removes entries, starting at a place. */
  remove(place: number, count: number): void {
    if (count <= 0) return;
    this.#cut(this.#root, place, place + count);
    this.#shrink();
  }

  /** Takes away what is no longer needed of the levels at the root. */
  #shrink(): void {
    for (;;) {
      const node = this.#nodes.get(this.#root);
      if (node.kind === "leaf") break;
      const [only] = node.children;
      if (only === undefined) {
        this.#nodes.set(this.#root, { kind: "leaf", entries: Packed.EMPTY });
        this.#height = 0;
        break;
      }
      if (node.children.length > 1) break;
      this.#nodes.remove(this.#root);
      this.#root = only.node;
      this.#height -= 1;
    }
  }

  /** Writes the changed nodes. */
  write(transaction: Transaction): void {
    this.#nodes.write(transaction);
  }

  /** All nodes under the root, each with its number, the root first; for the self-check. */
  *nodes(): Generator<readonly [number: number, node: TreeNode, level: number]> {
    const waiting: Array<readonly [number, number]> = [[this.#root, this.#height]];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [number, level] = next;
      const node = this.#nodes.get(number);
      yield [number, node, level];
      if (node.kind === "inner") for (const child of node.children) waiting.push([child.node, level - 1]);
    }
  }

  /**
   * Inserts an entry at a place within a node, or at its place in byte order when none is given. Returns the node, or
   * the nodes that it was split into.
   */
  #insert(number: number, place: number | undefined, entry: Buffer): readonly Child[] {
    const node = this.#nodes.get(number);
    if (node.kind === "leaf") {
      const index = place ?? lowerBound(node.entries, entry);
      return this.#replaced(number, node.entries.spliced(index, 0, [entry]), place === undefined, index);
    }
    const { index, rest } =
      place === undefined ? { index: childFor(node, entry), rest: undefined } : placeIn(node, place);
    const child = childAt(node, index);
    const [first, ...others] = this.#insert(child.node, rest, entry);
    assert(first !== undefined, "a node that was inserted into");
    const replaced = { node: first.node, count: first.count, low: child.low };
    return this.#split(
      number,
      others.length === 0
        ? node.children.with(index, replaced)
        : node.children.toSpliced(index, 1, replaced, ...others),
    );
  }

  /** Replaces the entries of a leaf, with as many leaves as they need. */
  #replaced(number: number, entries: Packed, isOrdered: boolean, inserted?: number): readonly Child[] {
    const parts = pieces(entries, inserted);
    return parts.map((part, index) => {
      const node = index === 0 ? number : this.#newNode();
      this.#nodes.set(node, { kind: "leaf", entries: part });
      const before = parts[index - 1];
      const low =
        isOrdered && before !== undefined ? separator(before.at(before.count - 1), part.at(0)) : NO_LOW;
      return { node, count: part.count, low };
    });
  }

  /** Replaces the children of an inner node, with two nodes when there are too many. */
  #split(number: number, children: readonly Child[]): readonly Child[] {
    if (children.length <= FANOUT_MAX) {
      this.#nodes.set(number, { kind: "inner", children });
      return [{ node: number, count: sum(children), low: NO_LOW }];
    }
    const half = children.length >> 1;
    const [left, right] = [children.slice(0, half), children.slice(half)];
    const other = this.#newNode();
    this.#nodes.set(number, { kind: "inner", children: left });
    this.#nodes.set(other, { kind: "inner", children: right });
    return [
      { node: number, count: sum(left), low: NO_LOW },
      { node: other, count: sum(right), low: right[0]?.low ?? NO_LOW },
    ];
  }

  /** Adds a level above a root that was split. */
  #grow(roots: readonly Child[]): void {
    let level = roots;
    while (level.length > 1) {
      const root = this.#newNode();
      this.#height += 1;
      this.#root = root;
      level = this.#split(root, level);
    }
  }

  /** Removes the entries of a range of places under a node, its end excluded; places count within the node. */
  #cut(number: number, from: number, to: number): void {
    const node = this.#nodes.get(number);
    if (node.kind === "leaf") {
      this.#nodes.set(number, { kind: "leaf", entries: node.entries.spliced(from, to - from, []) });
      return;
    }
    const { index, rest } = placeAt(node, from);
    const only = childAt(node, index);
    if (rest + to - from <= only.count && to - from < only.count) {
      this.#cut(only.node, rest, rest + to - from);
      this.#reduce(number, node, index, to - from);
      return;
    }
    const left: Child[] = [];
    let touched = 0;
    let start = 0;
    for (const child of node.children) {
      const end = start + child.count;
      const [cutFrom, cutTo] = [Math.max(from, start), Math.min(to, end)];
      if (cutFrom >= cutTo) left.push(child);
      else if (cutFrom === start && cutTo === end) this.#drop(child.node);
      else {
        this.#cut(child.node, cutFrom - start, cutTo - start);
        touched = left.length;
        left.push({ node: child.node, count: child.count - (cutTo - cutFrom), low: child.low });
      }
      start = end;
    }
    this.#nodes.set(number, { kind: "inner", children: this.#joined(left, touched) });
  }

  /** Removes an entry under a node, by byte order. */
  #cutEntry(number: number, entry: Buffer): void {
    const node = this.#nodes.get(number);
    if (node.kind === "leaf") {
      const entries = node.entries.spliced(lowerBound(node.entries, entry), 1, NO_ENTRIES);
      this.#nodes.set(number, { kind: "leaf", entries });
      return;
    }
    const index = childFor(node, entry);
    const child = childAt(node, index);
    if (child.count === 1) {
      // Its last entry: the child goes with it.
      this.#drop(child.node);
      this.#nodes.set(number, { kind: "inner", children: node.children.toSpliced(index, 1) });
      return;
    }
    this.#cutEntry(child.node, entry);
    this.#reduce(number, node, index, 1);
  }

  /** Entries were removed under a child of a node, which keeps some. */
  #reduce(number: number, { children }: InnerNode, index: number, removed: number): void {
    const child = children[index];
    assert(child !== undefined, "a child there is");
    const reduced = { node: child.node, count: child.count - removed, low: child.low };
    const others = this.#joined(children.with(index, reduced), index);
    this.#nodes.set(number, { kind: "inner", children: others });
  }

  /** Merges a child that holds little with its neighbour, if both fit into one node. */
  #joined(children: readonly Child[], index: number): readonly Child[] {
    const child = children[index];
    if (child === undefined || !isThin(this.#nodes.get(child.node))) return children;
    for (const at of [index, index - 1]) {
      const [left, right] = [children[at], children[at + 1]];
      if (left === undefined || right === undefined) continue;
      const joined = merged(this.#nodes.get(left.node), this.#nodes.get(right.node), right.low);
      if (joined === undefined) continue;
      this.#nodes.set(left.node, joined);
      this.#nodes.remove(right.node);
      const both = { node: left.node, count: left.count + right.count, low: left.low };
      return children.toSpliced(at, 2, both);
    }
    return children;
  }

  /** Removes a node and all below it. */
  #drop(number: number): void {
    const node = this.#nodes.get(number);
    if (node.kind === "inner") for (const child of node.children) this.#drop(child.node);
    this.#nodes.remove(number);
  }

  #newNode(): number {
    this.#next += 1;
    return this.#next - 1;
  }
}
