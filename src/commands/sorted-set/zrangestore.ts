/** ZRANGESTORE destination source min max [BYSCORE|BYLEX] [REV] [LIMIT offset count]: stores the members of a range. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { queried, rangeQuery } from "./range-arguments.ts";
import { sortedSetAt, storeScored } from "./sorted-sets.ts";

export const zrangestore = {
  name: "ZRANGESTORE",
  run: (call) => {
    const query = rangeQuery(call.args, { at: 3, isStored: true });
    const set = sortedSetAt(call, argument(call.args, 2));
    const members = set === undefined ? [] : queried(set, query);
    return storeScored(call, argument(call.args, 1), members, "zrangestore");
  },
} as const satisfies Handler;
