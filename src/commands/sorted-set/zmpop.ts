/** ZMPOP numkeys key [key …] MIN|MAX [COUNT n]: takes members of the first of some sorted sets that has any. */
import { NULL_ARRAY } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { countAfter, countedKeys } from "../key-count.ts";
import { popPairs, scoreEndOf } from "./popping.ts";

export const zmpop = {
  name: "ZMPOP",
  run: (call) => {
    const { keys, next } = countedKeys(call.args, 1);
    const end = scoreEndOf(call.args[next]);
    return popPairs(call, keys, end, countAfter(call.args, next + 1)) ?? NULL_ARRAY;
  },
} as const satisfies Handler;
