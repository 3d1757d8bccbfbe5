/** ZDIFFSTORE destination numkeys key [key …]: stores the members of the first sorted set that no other has. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { combination, combined } from "./combining.ts";
import { storeScored } from "./sorted-sets.ts";

export const zdiffstore = {
  name: "ZDIFFSTORE",
  run: (call) => {
    const query = combined(call, { at: 2, combination: "difference", isStored: true });
    return storeScored(call, argument(call.args, 1), combination("difference", query), "zdiffstore");
  },
} as const satisfies Handler;
