/**
 * The immutable nodes of a counted tree, and their stored form. A leaf is a byte 0 and its entries (packed.ts). An
 * inner node is a byte 1 and, for each child, its number, the count of entries below it, the length of its lower bound
 * (all varints), and the lower bound.
 */
import { assert } from "../base/assert.ts";
import { storedBytes } from "../base/stored-bytes.ts";
import { FieldReader, FieldWriter } from "../base/varint.ts";
import { Packed } from "./packed.ts";

export interface LeafNode {
  readonly kind: "leaf";
  readonly entries: Packed;
}

export interface Child {
  readonly node: number;
  /** The number of entries below it. */
  readonly count: number;
  /** In a tree in byte order, a lower bound of its entries that is above those before it. Empty for the first child. */
  readonly low: Buffer;
}

export interface InnerNode {
  readonly kind: "inner";
  readonly children: readonly Child[];
}

export type TreeNode = LeafNode | InnerNode;

export const LEAF_BYTES_MAX = 1024;
export const LEAF_ENTRIES_MAX = 256;
export const FANOUT_MAX = 64;
/** A node that is filled to less than this share is merged with a neighbour. */
const THIN_PART = 4;

export const NO_LOW = Buffer.alloc(0);

const LEAF = 0;
const INNER = 1;

const writer = new FieldWriter();

export function encodeNode(node: TreeNode): Buffer {
  if (node.kind === "leaf") {
    const bytes = storedBytes(1 + node.entries.byteLength);
    bytes[0] = LEAF;
    node.entries.copyTo(bytes, 1);
    return bytes;
  }
  writer.byte(INNER);
  for (const { node: number, count, low } of node.children) {
    writer.varint(number);
    writer.varint(count);
    writer.varint(low.length);
    writer.view(low);
  }
  return writer.take(storedBytes);
}

/** @throws Error when the bytes are no valid node */
export function decodeNode(bytes: Buffer): TreeNode {
  const reader = new FieldReader(bytes);
  const kind = reader.byte();
  if (kind === LEAF) return { kind: "leaf", entries: Packed.read(bytes, 1) };
  assert(kind === INNER, "a node of a known kind");
  const children: Child[] = [];
  while (!reader.isAtEnd) {
    const [node, count] = [reader.varint(), reader.varint()];
    children.push({ node, count, low: reader.view(reader.varint()) });
  }
  return { kind: "inner", children };
}

export function countIn(node: TreeNode): number {
  return node.kind === "leaf" ? node.entries.count : sum(node.children);
}

/** The number of entries below some children. */
export function sum(children: readonly Child[]): number {
  let count = 0;
  for (const child of children) count += child.count;
  return count;
}

export function childAt({ children }: InnerNode, index: number): Child {
  const child = children[index];
  assert(child !== undefined, "a child there is");
  return child;
}

/** The child that holds the bytes, or would hold them. */
export function childFor({ children }: InnerNode, bytes: Buffer): number {
  let low = 0;
  let high = children.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (!isAbove(children[middle]?.low ?? NO_LOW, bytes)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Whether bytes are above others. A loop is faster than Buffer.compare, since most differ within a few bytes. */
function isAbove(low: Buffer, bytes: Buffer): boolean {
  const common = Math.min(low.length, bytes.length);
  for (let at = 0; at < common; at += 1) {
    const difference = (low[at] ?? 0) - (bytes[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return low.length > bytes.length;
}

interface PlaceInChild {
  readonly index: number;
  readonly rest: number;
}

/** The child for an entry that is inserted at a place, and the place within the child. */
export function placeIn(node: InnerNode, place: number): PlaceInChild {
  // Behind the last entry of a child is in it too.
  return located(node, place, 1);
}

/** The child with the entry at a place, and the place within the child. */
export function placeAt(node: InnerNode, place: number): PlaceInChild {
  return located(node, place, 0);
}

function located({ children }: InnerNode, place: number, placesBehind: 0 | 1): PlaceInChild {
  let rest = place;
  let index = 0;
  for (; index < children.length - 1; index += 1) {
    const count = children[index]?.count ?? 0;
    if (rest < count + placesBehind) break;
    rest -= count;
  }
  return { index, rest };
}

/** The index of the first entry that is not below the bytes. */
export function lowerBound(entries: Packed, bytes: Buffer): number {
  let low = 0;
  let high = entries.count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries.isBelow(middle, bytes)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Splits entries into as many leaves as they need; `inserted` is the place of the new one. Entries that are added at
 * one end leave full leaves behind.
 */
export function pieces(entries: Packed, inserted?: number): readonly Packed[] {
  const { count } = entries;
  if (count < 2 || (entries.byteLength <= LEAF_BYTES_MAX && count <= LEAF_ENTRIES_MAX)) return [entries];
  const middle = inserted === count - 1 ? count - 1 : inserted === 0 ? 1 : middleOf(entries);
  return [...pieces(entries.slice(0, middle)), ...pieces(entries.slice(middle, count))];
}

/** The index that has about half of the bytes before it. */
function middleOf(entries: Packed): number {
  let bytes = 0;
  let index = 0;
  while (index < entries.count - 1 && bytes * 2 < entries.byteLength) {
    bytes += entries.at(index).length + 1;
    index += 1;
  }
  return Math.max(1, index);
}

/** The shortest prefix of the second that is above the first; the first must be below the second. */
export function separator(last: Buffer, first: Buffer): Buffer {
  let same = 0;
  while (same < last.length && last[same] === first[same]) same += 1;
  return Buffer.from(first.subarray(0, same + 1));
}

export function isThin(node: TreeNode): boolean {
  return node.kind === "leaf"
    ? node.entries.byteLength * THIN_PART < LEAF_BYTES_MAX &&
        node.entries.count * THIN_PART < LEAF_ENTRIES_MAX
    : node.children.length * THIN_PART < FANOUT_MAX;
}

/** Merges two adjacent nodes into one with room for more; undefined when there would be no room. */
export function merged(left: TreeNode, right: TreeNode, low: Buffer): TreeNode | undefined {
  if (left.kind === "leaf" && right.kind === "leaf") {
    const bytes = left.entries.byteLength + right.entries.byteLength;
    const count = left.entries.count + right.entries.count;
    const hasRoom = bytes * 4 <= LEAF_BYTES_MAX * 3 && count * 4 <= LEAF_ENTRIES_MAX * 3;
    return hasRoom ? { kind: "leaf", entries: left.entries.concat(right.entries) } : undefined;
  }
  if (left.kind !== "inner" || right.kind !== "inner") return undefined;
  if ((left.children.length + right.children.length) * 4 > FANOUT_MAX * 3) return undefined;
  const [first, ...others] = right.children;
  const moved = first === undefined ? others : [{ ...first, low }, ...others];
  return { kind: "inner", children: [...left.children, ...moved] };
}
