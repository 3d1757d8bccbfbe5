/** ZINTERCARD numkeys key [key …] [LIMIT n]: how many members all sorted sets have, counted up to the limit. */
import type { Handler } from "../handler.ts";
import { combined, intersection } from "./combining.ts";

export const zintercard = {
  name: "ZINTERCARD",
  run: (call) => {
    const query = combined(call, { at: 1, combination: "intersection", isCounted: true });
    let count = 0;
    for (const _ of intersection(query)) {
      count += 1;
      if (count === query.limit) break;
    }
    return count;
  },
} as const satisfies Handler;
