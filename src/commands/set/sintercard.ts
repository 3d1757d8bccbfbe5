/** SINTERCARD numkeys key [key …] [LIMIT n]: how many members all sets have, counted up to the limit. */
import * as errors from "../../protocol/errors.ts";
import type { Handler } from "../handler.ts";
import { countedKeys, limitOption } from "../key-count.ts";
import { intersection, setsAt } from "./operations.ts";

export const sintercard = {
  name: "SINTERCARD",
  run: (call) => {
    const { keys, next } = countedKeys(call.args, 1, errors.keyCountTooHigh);
    const limit = limitOption(call.args, next);
    let count = 0;
    const sets = setsAt(call, keys);
    for (const _ of intersection(sets, limit === 0 ? undefined : limit)) count += 1;
    return count;
  },
} as const satisfies Handler;
