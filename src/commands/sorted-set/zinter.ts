/** ZINTER numkeys key [key …] [WEIGHTS …] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]: the members that all sorted sets have. */
import type { Handler } from "../handler.ts";
import { combination, combined } from "./combining.ts";
import { membersReply } from "./sorted-sets.ts";

export const zinter = {
  name: "ZINTER",
  run: (call) => {
    const query = combined(call, { at: 1, combination: "intersection" });
    return membersReply(call, combination("intersection", query), query.withScores);
  },
} as const satisfies Handler;
