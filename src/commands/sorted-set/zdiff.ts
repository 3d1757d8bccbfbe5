/** ZDIFF numkeys key [key …] [WITHSCORES]: the members of the first sorted set that no other has. */
import type { Handler } from "../handler.ts";
import { combination, combined } from "./combining.ts";
import { membersReply } from "./sorted-sets.ts";

export const zdiff = {
  name: "ZDIFF",
  run: (call) => {
    const query = combined(call, { at: 1, combination: "difference" });
    return membersReply(call, combination("difference", query), query.withScores);
  },
} as const satisfies Handler;
