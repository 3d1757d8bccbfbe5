/**
 * Hashes, sets, lists and sorted sets in a dump. They are written in the plain form that Redis has had from the
 * beginning, entry by entry, which Redis 5 and every later one reads; read is every form up to Redis 7.2.
 */
import { bytesOf } from "../base/bytes.ts";
import { listpackEntries } from "./listpack.ts";
import { intsetEntries, ziplistEntries, zipmapEntries } from "./packs.ts";
import { RDB_VERSION_OLD, sealAs } from "./payload.ts";
import { RdbFault, type RdbReader } from "./rdb-reader.ts";
import { rdbLength, rdbString } from "./rdb-writer.ts";

const LIST = 1;
const SET = 2;
const SORTED_SET_TEXT = 3;
const HASH = 4;
const SORTED_SET = 5;
const HASH_ZIPMAP = 9;
const LIST_ZIPLIST = 10;
const SET_INTSET = 11;
const SORTED_SET_ZIPLIST = 12;
const HASH_ZIPLIST = 13;
const LIST_QUICKLIST = 14;
const HASH_LISTPACK = 16;
const SORTED_SET_LISTPACK = 17;
const LIST_QUICKLIST_2 = 18;
const SET_LISTPACK = 20;

/** A node of a quicklist that is one element, and one that is a listpack. */
const NODE_PLAIN = 1n;
const NODE_PACKED = 2n;

export interface ScoredMember {
  readonly name: Buffer;
  readonly score: number;
}

export type DumpedCollection =
  /** Names and values by turns. */
  | { readonly kind: "hash"; readonly pairs: readonly Buffer[] }
  | { readonly kind: "set"; readonly members: readonly Buffer[] }
  | { readonly kind: "list"; readonly elements: readonly Buffer[] }
  | { readonly kind: "sortedSet"; readonly members: readonly ScoredMember[] };

export function dumpCollection(value: DumpedCollection): Buffer {
  switch (value.kind) {
    case "hash":
      return plain(HASH, value.pairs.length / 2, value.pairs.map(rdbString));
    case "set":
      return plain(SET, value.members.length, value.members.map(rdbString));
    case "list":
      return plain(LIST, value.elements.length, value.elements.map(rdbString));
    case "sortedSet":
      return plain(
        SORTED_SET,
        value.members.length,
        value.members.flatMap(({ name, score }) => [rdbString(name), binaryScore(score)]),
      );
  }
}

function plain(type: number, count: number, entries: readonly Buffer[]): Buffer {
  return sealAs(RDB_VERSION_OLD, type, rdbLength(count), ...entries);
}

function binaryScore(score: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(score);
  return bytes;
}

/** For each type that is a collection how it is read from behind the type byte. */
const READERS: ReadonlyMap<number, (reader: RdbReader) => DumpedCollection> = new Map([
  [LIST, (reader) => list(strings(reader, 1))],
  [SET, (reader) => set(strings(reader, 1))],
  [HASH, (reader) => hash(strings(reader, 2))],
  [SORTED_SET_TEXT, (reader) => sortedSet(scored(reader, textScore))],
  [SORTED_SET, (reader) => sortedSet(scored(reader, (from) => from.bytes(8).readDoubleLE()))],
  [HASH_ZIPMAP, (reader) => hash(zipmapEntries(reader.string()))],
  [HASH_ZIPLIST, (reader) => hash(ziplistEntries(reader.string()))],
  [HASH_LISTPACK, (reader) => hash(listpackEntries(reader.string()))],
  [SET_INTSET, (reader) => set(intsetEntries(reader.string()))],
  [SET_LISTPACK, (reader) => set(listpackEntries(reader.string()))],
  [SORTED_SET_ZIPLIST, (reader) => sortedSet(pairsOf(ziplistEntries(reader.string())))],
  [SORTED_SET_LISTPACK, (reader) => sortedSet(pairsOf(listpackEntries(reader.string())))],
  [LIST_ZIPLIST, (reader) => list(ziplistEntries(reader.string()))],
  [LIST_QUICKLIST, (reader) => list(nodes(reader, () => ziplistEntries(reader.string())))],
  [LIST_QUICKLIST_2, (reader) => list(nodes(reader, () => quicklistNode(reader)))],
]);

/** What reads a collection from behind the type byte; undefined for a type that is none. */
export function collectionReader(type: number): ((reader: RdbReader) => DumpedCollection) | undefined {
  return READERS.get(type);
}

function list(elements: readonly Buffer[]): DumpedCollection {
  return { kind: "list", elements: some(elements) };
}

function set(members: readonly Buffer[]): DumpedCollection {
  return { kind: "set", members: distinct(some(members), members) };
}

function hash(pairs: readonly Buffer[]): DumpedCollection {
  if (pairs.length % 2 !== 0) throw new RdbFault("a field without a value");
  return {
    kind: "hash",
    pairs: distinct(
      some(pairs),
      pairs.filter((_, index) => index % 2 === 0),
    ),
  };
}

function sortedSet(members: readonly ScoredMember[]): DumpedCollection {
  if (members.some(({ score }) => Number.isNaN(score))) throw new RdbFault("a score that is not a number");
  const names = members.map(({ name }) => name);
  return { kind: "sortedSet", members: distinct(some(members), names) };
}

function some<T>(items: readonly T[]): readonly T[] {
  if (items.length === 0) throw new RdbFault("a value without parts");
  return items;
}

function distinct<T>(items: readonly T[], names: readonly Buffer[]): readonly T[] {
  if (new Set(names.map(bytesOf)).size !== names.length) throw new RdbFault("a name twice");
  return items;
}

/** So many strings, or with 2 so many pairs of them. */
function strings(reader: RdbReader, each: 1 | 2): Buffer[] {
  const found: Buffer[] = [];
  for (let left = reader.length() * BigInt(each); left > 0n; left -= 1n) found.push(reader.string());
  return found;
}

function scored(reader: RdbReader, score: (reader: RdbReader) => number): ScoredMember[] {
  const found: ScoredMember[] = [];
  for (let left = reader.length(); left > 0n; left -= 1n)
    found.push({ name: reader.string(), score: score(reader) });
  return found;
}

/** A length and digits, or one of three lengths that are none. */
function textScore(reader: RdbReader): number {
  const length = reader.byte();
  if (length === 253) return Number.NaN;
  if (length === 254) return Number.POSITIVE_INFINITY;
  if (length === 255) return Number.NEGATIVE_INFINITY;
  return scoreOf(reader.bytes(length));
}

function pairsOf(entries: readonly Buffer[]): ScoredMember[] {
  if (entries.length % 2 !== 0) throw new RdbFault("a member without a score");
  const found: ScoredMember[] = [];
  for (let at = 0; at < entries.length; at += 2) {
    const [name, score] = [entries[at], entries[at + 1]];
    if (name !== undefined && score !== undefined) found.push({ name, score: scoreOf(score) });
  }
  return found;
}

function scoreOf(text: Buffer): number {
  const digits = text.toString("latin1");
  if (digits === "inf") return Number.POSITIVE_INFINITY;
  if (digits === "-inf") return Number.NEGATIVE_INFINITY;
  if (!/^-?[0-9.]+(e[+-]?[0-9]+)?$/i.test(digits)) throw new RdbFault("a score that is not a number");
  return Number(digits);
}

function nodes(reader: RdbReader, node: () => Buffer[]): Buffer[] {
  const found: Buffer[] = [];
  for (let left = reader.length(); left > 0n; left -= 1n) for (const element of node()) found.push(element);
  return found;
}

function quicklistNode(reader: RdbReader): Buffer[] {
  const container = reader.length();
  if (container === NODE_PLAIN) return [reader.string()];
  if (container !== NODE_PACKED) throw new RdbFault("a node of no known kind");
  return listpackEntries(reader.string());
}
