/**
 * What a machine keeps of its children: a link to each, under the child's id. A list of children (`each`) has a head
 * beside the links of its items, which counts those that are not done, so that the end of one costs the same however many
 * there are. A link stays when its child is gone where something still depends on it: the place in a list, and what a
 * copy of the machine shows of children it has not got.
 */
import { assert } from "../base/assert.ts";
import { type Bytes, bytesOfText, chars, raw } from "../base/bytes.ts";
import type { Json } from "../base/json.ts";
import { childKey, childrenPrefix, prefixRange } from "../keyspace/layouts.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import type { MachineStatus } from "./record.ts";

/** What the parent has last taken note of; `gone`: the child was deleted before it was done. */
export type ChildStatus = Exclude<MachineStatus, "suspended"> | "gone";

export interface ChildLink {
  readonly name: string;
  /** Its place in a list. */
  readonly index?: number;
  /** Id of the child's object; undefined where there is none. */
  readonly child?: number;
  readonly status: ChildStatus;
  /** Of one that is done. */
  readonly output?: Json;
}

/** The head of a list. */
export interface ChildList {
  readonly name: string;
  readonly count: number;
  /** How many are not done. */
  readonly open: number;
}

export function isList(entry: ChildLink | ChildList): entry is ChildList {
  return "count" in entry;
}

/** A child that has not ended. */
export function isAlive({ status }: ChildLink): boolean {
  return status === "active" || status === "failed";
}

/** The one child under a name, or the list. */
export function childUnder(
  reader: OrderedReader,
  id: number,
  name: string,
): ChildLink | ChildList | undefined {
  const value = reader.get(childKey(id, name));
  return value === undefined ? undefined : decode(value);
}

/** The link of a child. */
export function linkOf(
  reader: OrderedReader,
  id: number,
  { name, index }: Pick<ChildLink, "name" | "index">,
) {
  const value = reader.get(childKey(id, name, index));
  const entry = value === undefined ? undefined : decode(value);
  return entry === undefined || isList(entry) ? undefined : entry;
}

/** All links and heads of a machine, those of one name together, the head first. */
export function* entriesOf(reader: OrderedReader, id: number): Generator<ChildLink | ChildList> {
  const { from, to } = prefixRange(childrenPrefix(id));
  for (const [, value] of reader.range(from, to)) yield decode(value);
}

/** All links of a machine, or those of one name. */
export function linksOf(reader: OrderedReader, id: number, name?: string): ChildLink[] {
  const { from, to } = prefixRange(name === undefined ? childrenPrefix(id) : chars(childKey(id, name)));
  const links: ChildLink[] = [];
  for (const [, value] of reader.range(from, to)) {
    const entry = decode(value);
    if (!isList(entry)) links.push(entry);
  }
  return links;
}

export function putEntry(transaction: Transaction, id: number, entry: ChildLink | ChildList): void {
  const index = isList(entry) ? undefined : entry.index;
  transaction.put(childKey(id, entry.name, index), encodeEntry(entry));
}

export function encodeEntry(entry: ChildLink | ChildList): Buffer {
  return Buffer.from(JSON.stringify(entry), "utf8");
}

/** The entry as a copy of the machine has it: what has not ended counts as stopped, and no child stands behind it. */
export function copiedEntry(entry: ChildLink | ChildList): ChildLink | ChildList {
  if (isList(entry)) return entry;
  const { child: _, ...link } = entry;
  return isAlive(entry) ? { ...link, status: "stopped" } : link;
}

/** Forgets all that stands under a name, or everything. */
export function dropEntries(transaction: Transaction, id: number, name?: string): void {
  const { from, to } = prefixRange(name === undefined ? childrenPrefix(id) : chars(childKey(id, name)));
  for (const [key] of [...transaction.range(from, to)]) transaction.remove(key);
}

/** @throws Error when the bytes are none: data is never guessed at */
export function decode(value: Buffer): ChildLink | ChildList {
  const entry: unknown = JSON.parse(value.toString("utf8"));
  assert(typeof entry === "object" && entry !== null && "name" in entry, "a link to a child");
  // Written by putEntry, or checked by who takes it from outside.
  return entry as ChildLink | ChildList;
}

/**
 * The key of a child: behind its parent's, with a hash tag that keeps both in one slot. Undefined where the parent's key
 * cannot be made a tag.
 */
export function keyOfChild(
  parent: Bytes,
  { name, index }: Pick<ChildLink, "name" | "index">,
): Bytes | undefined {
  const text = chars(parent);
  const open = text.indexOf("{");
  const isTagged = open >= 0 && text.indexOf("}", open) > open + 1;
  if (!isTagged && (text === "" || text.includes("}"))) return undefined;
  const place = index === undefined ? "" : `[${index}]`;
  return raw(`${isTagged ? text : `{${text}}`}.${chars(bytesOfText(name + place))}`);
}

/** How a child is called: its id, and its place in a list. */
export function nameOfLink({ name, index }: Pick<ChildLink, "name" | "index">): string {
  return index === undefined ? name : `${name}[${index}]`;
}
