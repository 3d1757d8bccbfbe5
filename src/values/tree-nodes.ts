/**
 * The nodes of a counted tree: those that were read, and those that differ from the stored ones. An instance is a working
 * copy for one command; `write` stores what has changed.
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { treeNodeKey } from "../keyspace/layouts.ts";
import { type Encoder, PendingValue } from "../keyspace/pending-value.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { decodeNode, encodeNode, type TreeNode } from "./tree-node.ts";

/** So many nodes that were read are kept at hand: those of some paths from the root. */
const READ_MAX = 32;
/**
 * The keys of nodes of the tree that was used last: a key that is composed once is hashed once. Requests of a turn often
 * use the same tree.
 */
const keys = new Map<number, Bytes>();
const KEYS_MAX = 4096;
let keysOf = -1;

function keyOfNode(id: number, number: number): Bytes {
  if (id !== keysOf || keys.size > KEYS_MAX) {
    keys.clear();
    keysOf = id;
  }
  let key = keys.get(number);
  if (key === undefined) {
    key = treeNodeKey(id, number);
    keys.set(number, key);
  }
  return key;
}

/** Decoded nodes, which are immutable, by the bytes they were read from. */
const decoded = new WeakMap<Buffer, TreeNode>();

/** A node that a transaction writes. It is encoded once, however many requests of the turn change it. */
function encodeRemembered(node: TreeNode): Buffer {
  const bytes = encodeNode(node);
  decoded.set(bytes, node);
  return bytes;
}

/** Where nodes are read from. A transaction returns the nodes that it will write without decoding them. */
export interface NodeReader extends OrderedReader {
  pendingAt?<T>(key: Bytes, encode: Encoder<T>): T | undefined;
}

export class TreeNodes {
  readonly #id: number;
  readonly #reader: NodeReader;
  /** Nodes that differ from the stored ones; undefined for a removed node. */
  readonly #changed = new Map<number, TreeNode | undefined>();
  /** Nodes that were read: the way to a place is often gone more than once. */
  readonly #read = new Map<number, TreeNode>();

  constructor(id: number, reader: NodeReader) {
    this.#id = id;
    this.#reader = reader;
  }

  get(number: number): TreeNode {
    if (this.#changed.has(number)) {
      const changed = this.#changed.get(number);
      assert(changed !== undefined, "a node that is not gone");
      return changed;
    }
    let node = this.#read.get(number);
    if (node === undefined) {
      node = this.#stored(number);
      if (this.#read.size === READ_MAX) this.#read.clear();
      this.#read.set(number, node);
    }
    return node;
  }

  set(number: number, node: TreeNode): void {
    this.#changed.set(number, node);
  }

  remove(number: number): void {
    this.#changed.set(number, undefined);
  }

  /** Writes the changed nodes. */
  write(transaction: Transaction): void {
    for (const [number, node] of this.#changed) {
      const key = keyOfNode(this.#id, number);
      if (node === undefined) transaction.remove(key);
      else transaction.put(key, PendingValue.of(node, encodeRemembered));
    }
    this.#changed.clear();
    this.#read.clear();
  }

  #stored(number: number): TreeNode {
    const key = keyOfNode(this.#id, number);
    const pending = this.#reader.pendingAt?.(key, encodeRemembered);
    if (pending !== undefined) return pending;
    const bytes = this.#reader.get(key);
    assert(bytes !== undefined, "a node that is stored");
    let node = decoded.get(bytes);
    if (node === undefined) {
      node = decodeNode(bytes);
      decoded.set(bytes, node);
    }
    return node;
  }
}
