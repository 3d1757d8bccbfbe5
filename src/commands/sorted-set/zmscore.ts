/** ZMSCORE key member [member …]: the scores of members, null for each that is not there. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { double, sortedSetAt } from "./sorted-sets.ts";

export const zmscore = {
  name: "ZMSCORE",
  run: (call) => {
    const set = sortedSetAt(call, argument(call.args, 1));
    return call.args.slice(2).map((member) => {
      const score = set?.score(member);
      return score === undefined ? null : double(score);
    });
  },
} as const satisfies Handler;
