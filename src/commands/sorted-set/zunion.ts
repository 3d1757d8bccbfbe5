/** ZUNION numkeys key [key …] [WEIGHTS …] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]: the members that at least one of the sorted sets has. */
import type { Handler } from "../handler.ts";
import { combination, combined } from "./combining.ts";
import { membersReply } from "./sorted-sets.ts";

export const zunion = {
  name: "ZUNION",
  run: (call) => {
    const query = combined(call, { at: 1, combination: "union" });
    return membersReply(call, combination("union", query), query.withScores);
  },
} as const satisfies Handler;
