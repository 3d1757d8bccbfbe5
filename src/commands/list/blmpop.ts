/** BLMPOP timeout numkeys key [key …] LEFT|RIGHT [COUNT n]: as LMPOP, waiting for elements if there are none. */
import { NULL_ARRAY } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import { deadlineOfSeconds, takeOrWait } from "../blocking.ts";
import type { Handler } from "../handler.ts";
import { countAfter, countedKeys } from "../key-count.ts";
import { popFirst } from "./blocking-pop.ts";
import { endOf } from "./lists.ts";

export const blmpop = {
  name: "BLMPOP",
  run: (call) => {
    const counted = countedKeys(call.args, 2);
    const end = endOf(call.args[counted.next]);
    const count = countAfter(call.args, counted.next + 1);
    const deadlineMs = deadlineOfSeconds(argument(call.args, 1), call.nowMs);
    const keys = counted.keys.map((key) => Buffer.from(key));
    return takeOrWait(call, {
      type: "list",
      keys,
      deadlineMs,
      nothing: NULL_ARRAY,
      take: (later) => popFirst(later, keys, end, count, (elements) => elements),
    });
  },
} as const satisfies Handler;
