/** ZINTERSTORE destination numkeys key [key …] [WEIGHTS …] [AGGREGATE SUM|MIN|MAX]: stores the members that all sorted sets have. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { combination, combined } from "./combining.ts";
import { storeScored } from "./sorted-sets.ts";

export const zinterstore = {
  name: "ZINTERSTORE",
  run: (call) => {
    const query = combined(call, { at: 2, combination: "intersection", isStored: true });
    return storeScored(call, argument(call.args, 1), combination("intersection", query), "zinterstore");
  },
} as const satisfies Handler;
