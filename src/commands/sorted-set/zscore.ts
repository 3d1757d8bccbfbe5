/** ZSCORE key member: the score of a member, or null. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { double, sortedSetAt } from "./sorted-sets.ts";

export const zscore = {
  name: "ZSCORE",
  run: (call) => {
    const score = sortedSetAt(call, argument(call.args, 1))?.score(argument(call.args, 2));
    return score === undefined ? null : double(score);
  },
} as const satisfies Handler;
