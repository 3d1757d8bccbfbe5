/** What GEOSEARCH, GEORADIUS and their kin do: the members in a shape, shown or stored. */
import type { KeyEvent } from "../../keyspace/changes.ts";
import type { Reply } from "../../protocol/reply.ts";
import { entryOf, type SortedSet } from "../../values/sorted-set.ts";
import { argument } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { sortedSetAt, storeScored } from "../sorted-set/sorted-sets.ts";
import { type Position, positionOf, scoresOf } from "./geohash-cells.ts";
import { type Compare, sortFirst } from "./partial-sort.ts";
import { distanceReply, positionReply } from "./positions.ts";
import { type SearchForm, type SearchQuery, searchQuery } from "./search-arguments.ts";
import { cellsOf, distanceWithin, type Shape } from "./shape.ts";

interface Found {
  readonly name: Buffer;
  readonly score: number;
  readonly position: Position;
  /** In the unit of the request. */
  readonly distance: number;
}

const COMPARE: Readonly<Record<"ASC" | "DESC", Compare<Found>>> = {
  ASC: (a, b) => a.distance - b.distance,
  DESC: (a, b) => b.distance - a.distance,
};

/** Runs a search; the sorted set is the argument at a position. @throws ReplyError */
export function search(call: Call, keyAt: number, form: SearchForm, event: KeyEvent): Reply {
  const set = sortedSetAt(call, argument(call.args, keyAt));
  const query = searchQuery(call.args, form, set);
  const { shape, storeKey, storesDistance } = query;
  const found = set === undefined || shape === undefined ? [] : membersWithin(set, shape, query);
  if (storeKey === undefined) return found.map((each) => shown(each, query));
  const members = found.map(({ name, score, distance }) => ({
    name,
    score: storesDistance ? distance : score,
  }));
  return storeScored(call, storeKey, members, event);
}

function membersWithin(set: SortedSet, shape: Shape, query: SearchQuery): Found[] {
  const { count, isAny, order } = query;
  const found = collected(set, shape, isAny ? count : Number.POSITIVE_INFINITY);
  const sorting = order ?? (count < Number.POSITIVE_INFINITY && !isAny ? "ASC" : undefined);
  if (sorting !== undefined) {
    const compare = COMPARE[sorting];
    if (found.length > count) sortFirst(found, count, compare);
    else found.sort(compare);
  }
  return found.slice(0, count);
}

/** Members in a shape, cell by cell, up to a number of them. */
function collected(set: SortedSet, shape: Shape, most: number): Found[] {
  const found: Found[] = [];
  for (const cell of cellsOf(shape)) {
    const scores = scoresOf(cell);
    const from = set.below(entryOf(scores.from));
    const end = set.below(entryOf(scores.end));
    if (from >= end) continue;
    for (const { name, score } of set.range(from, end - 1)) {
      const position = positionOf(score);
      const meters = distanceWithin(shape, position);
      if (meters === undefined) continue;
      found.push({ name, score, position, distance: meters / shape.metersPerUnit });
      if (found.length >= most) return found;
    }
  }
  return found;
}

function shown({ name, score, position, distance }: Found, query: SearchQuery): Reply {
  const { withDistance, withHash, withPosition } = query;
  if (!withDistance && !withHash && !withPosition) return name;
  return [
    name,
    ...(withDistance ? [distanceReply(distance)] : []),
    ...(withHash ? [Math.trunc(score)] : []),
    ...(withPosition ? [positionReply(position)] : []),
  ];
}
