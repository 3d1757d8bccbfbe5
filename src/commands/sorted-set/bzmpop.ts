/** BZMPOP timeout numkeys key [key …] MIN|MAX [COUNT n]: as ZMPOP, waiting for members if there are none. */
import { NULL_ARRAY } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import { deadlineOfSeconds, takeOrWait } from "../blocking.ts";
import type { Handler } from "../handler.ts";
import { countAfter, countedKeys } from "../key-count.ts";
import { popPairs, scoreEndOf } from "./popping.ts";

export const bzmpop = {
  name: "BZMPOP",
  run: (call) => {
    const counted = countedKeys(call.args, 2);
    const end = scoreEndOf(call.args[counted.next]);
    const count = countAfter(call.args, counted.next + 1);
    const deadlineMs = deadlineOfSeconds(argument(call.args, 1), call.nowMs);
    const keys = counted.keys.map((key) => Buffer.from(key));
    return takeOrWait(call, {
      type: "sortedSet",
      keys,
      deadlineMs,
      nothing: NULL_ARRAY,
      take: (later) => popPairs(later, keys, end, count),
    });
  },
} as const satisfies Handler;
