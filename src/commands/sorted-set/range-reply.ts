/** ZRANGE and its older relatives. */
import type { Reply } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { queried, type RangeForm, rangeQuery, spanOf } from "./range-arguments.ts";
import type { PlacesOf } from "./ranges.ts";
import { membersReply, sortedSetAt, sortedSetForWrite } from "./sorted-sets.ts";

/** The members of a range of the sorted set at the first key. */
export function rangeReply(call: Call, form: Omit<RangeForm, "at">): Reply {
  const query = rangeQuery(call.args, { at: 2, ...form });
  const set = sortedSetAt(call, argument(call.args, 1));
  if (set === undefined) return [];
  if (query.withScores) return membersReply(call, queried(set, query), true);
  const span = spanOf(set, query);
  return span === undefined
    ? []
    : { kind: "bulks", shape: "array", strings: set.names(span.first, span.last) };
}

/** How many members there are in a range. */
export function countReply(call: Call, places: PlacesOf): Reply {
  const set = sortedSetAt(call, argument(call.args, 1));
  if (set === undefined) return 0;
  const { from, end } = places(set);
  return Math.max(0, end - from);
}

/** Removes the members of a range; how many there were. */
export function removeRange(
  call: Call,
  places: PlacesOf,
  event: "zremrangebyrank" | "zremrangebyscore" | "zremrangebylex",
): Reply {
  const set = sortedSetForWrite(call, argument(call.args, 1));
  if (set === undefined) return 0;
  const { from, end } = places(set);
  const count = Math.max(0, end - from);
  if (count === 0) return 0;
  set.removeRange(from, count);
  set.save(event);
  return count;
}
