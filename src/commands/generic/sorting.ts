/** SORT and SORT_RO: the elements of a list, set or sorted set in another order, or what keys named after them hold. */
import { bytesOf } from "../../base/bytes.ts";
import { parseDouble } from "../../base/double-text.ts";
import { mayReadAll } from "../../clients/users/check.ts";
import * as errors from "../../protocol/errors.ts";
import { Held } from "../../values/held.ts";
import { List } from "../../values/list.ts";
import { membersOf } from "../../values/set-members.ts";
import { SortedSet } from "../../values/sorted-set.ts";
import { Table } from "../../values/table.ts";
import { argument, safeIndex, token } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { look } from "../values.ts";

export interface SortQuery {
  readonly isDescending: boolean;
  readonly isAlphabetic: boolean;
  readonly offset: number;
  /** Negative: all. */
  readonly limit: number;
  readonly by: Buffer | undefined;
  readonly gets: readonly Buffer[];
  /** Of SORT: the key that takes the result. */
  readonly store: Buffer | undefined;
}

const STAR = "*".charCodeAt(0);

/** @throws ReplyError for options that are none, or that the user may not use */
export function sortQuery(call: Call, mayStore: boolean): SortQuery {
  const { args } = call;
  let [isDescending, isAlphabetic, offset, limit] = [false, false, 0, -1];
  let by: Buffer | undefined;
  let store: Buffer | undefined;
  const gets: Buffer[] = [];
  for (let at = 2; at < args.length; at += 1) {
    const word = token(args[at]);
    const left = args.length - at - 1;
    if (word === "ASC") isDescending = false;
    else if (word === "DESC") isDescending = true;
    else if (word === "ALPHA") isAlphabetic = true;
    else if (word === "LIMIT" && left >= 2) {
      [offset, limit] = [safeIndex(argument(args, at + 1)), safeIndex(argument(args, at + 2))];
      at += 2;
    } else if (left < 1) throw errors.syntaxError();
    else {
      at += 1;
      const value = argument(args, at);
      if (word === "STORE" && mayStore) store = value;
      else if (word === "BY") by = value;
      else if (word === "GET") gets.push(value);
      else throw errors.syntaxError();
    }
  }
  checkRights(call, by, gets);
  return { isDescending, isAlphabetic, offset, limit, by, gets, store };
}

/** BY and GET read keys that no rule can name: they are for who may read all, and not for clusters, where a key has one place. */
function checkRights({ server, session }: Call, by: Buffer | undefined, gets: readonly Buffer[]): void {
  if (server.cluster !== undefined) {
    if (by?.includes(STAR)) throw errors.sortOptionInClusterMode("BY");
    if (gets.length > 0) throw errors.sortOptionInClusterMode("GET");
  }
  if (mayReadAll(session.user)) return;
  if (by?.includes(STAR)) throw errors.sortOptionDenied("BY");
  if (gets.length > 0) throw errors.sortOptionDenied("GET");
}

/** What a query asks for: an item, or null, for each element and GET. @throws ReplyError WRONGTYPE, or for a score */
export function sorted(call: Call, query: SortQuery): Array<Buffer | null> {
  const source = sourceAt(call, argument(call.args, 1));
  const isUnsorted = query.by !== undefined && !query.by.includes(STAR);
  // A set has no order of its own that a stored list could have.
  const isSetStored = isUnsorted && source.kind === "set" && query.store !== undefined;
  const elements =
    isUnsorted && !isSetStored
      ? inOwnOrder(source, query.isDescending)
      : inOrder(call, source.elements, isSetStored ? { ...query, isAlphabetic: true, by: undefined } : query);
  const from = Math.max(0, query.offset);
  const chosen = elements.slice(from, query.limit < 0 ? undefined : from + query.limit);
  if (query.gets.length === 0) return chosen;
  return chosen.flatMap((element) => query.gets.map((pattern) => patternValue(call, pattern, element)));
}

interface Source {
  readonly kind: "list" | "set" | "sortedSet" | "none";
  readonly elements: Buffer[];
}

function sourceAt(call: Call, key: Buffer): Source {
  const record = look(call, key);
  if (record === undefined) return { kind: "none", elements: [] };
  const { type } = record;
  if (type !== "list" && type !== "set" && type !== "sortedSet") throw errors.wrongType();
  const held = new Held(call.db, bytesOf(key), type, record);
  if (type === "set") return { kind: type, elements: membersOf(new Table(held)) };
  if (type === "sortedSet")
    return { kind: type, elements: Array.from(new SortedSet(held).elements(), ({ name }) => name) };
  const list = new List(held);
  return { kind: type, elements: list.range(0, list.count - 1) };
}

function inOwnOrder({ kind, elements }: Source, isDescending: boolean): Buffer[] {
  return kind !== "set" && isDescending ? elements.reverse() : elements;
}

function inOrder(call: Call, elements: readonly Buffer[], query: SortQuery): Buffer[] {
  const { by, isAlphabetic, isDescending } = query;
  const keyed = elements.map((element) => {
    const value = by === undefined ? element : patternValue(call, by, element);
    return { element, value, score: isAlphabetic ? 0 : scoreOf(value) };
  });
  const sign = isDescending ? -1 : 1;
  keyed.sort((a, b) => {
    if (isAlphabetic) return sign * compareTexts(a.value, b.value);
    return sign * (a.score < b.score ? -1 : a.score > b.score ? 1 : a.element.compare(b.element));
  });
  return keyed.map(({ element }) => element);
}

/** What is not there is below all texts. */
function compareTexts(a: Buffer | null, b: Buffer | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return a.compare(b);
}

/** What is not there counts as 0. */
function scoreOf(value: Buffer | null): number {
  if (value === null) return 0;
  const text = value.toString("latin1").replace(/^[ \t\n\v\f\r]+/, "");
  const score = text === "" ? 0 : parseDouble(text);
  if (score === undefined) throw errors.scoreNotConverted();
  return score;
}

/**
 * What a pattern stands for: `#` the element; otherwise the string at the key in which the element is in place of the
 * star, or behind `->` a field of the hash there. null where there is none.
 */
function patternValue(call: Call, pattern: Buffer, element: Buffer): Buffer | null {
  const text = pattern.toString("latin1");
  if (text === "#") return element;
  const star = text.indexOf("*");
  if (star < 0) return null;
  const arrow = text.indexOf("->", star + 1);
  const hasField = arrow >= 0 && arrow + 2 < text.length;
  const end = hasField ? arrow : text.length;
  const key = Buffer.concat([pattern.subarray(0, star), element, pattern.subarray(star + 1, end)]);
  const record = look(call, key);
  if (record === undefined) return null;
  if (hasField) {
    if (record.type !== "hash") return null;
    const table = new Table(new Held(call.db, bytesOf(key), "hash", record));
    return table.get(pattern.subarray(arrow + 2)) ?? null;
  }
  return record.type === "string" || record.type === "longString" ? call.db.stringValue(record) : null;
}
