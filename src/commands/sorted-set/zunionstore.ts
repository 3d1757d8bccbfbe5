/** ZUNIONSTORE destination numkeys key [key …] [WEIGHTS …] [AGGREGATE SUM|MIN|MAX]: stores the members that at least one of the sorted sets has. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { combination, combined } from "./combining.ts";
import { storeScored } from "./sorted-sets.ts";

export const zunionstore = {
  name: "ZUNIONSTORE",
  run: (call) => {
    const query = combined(call, { at: 2, combination: "union", isStored: true });
    return storeScored(call, argument(call.args, 1), combination("union", query), "zunionstore");
  },
} as const satisfies Handler;
