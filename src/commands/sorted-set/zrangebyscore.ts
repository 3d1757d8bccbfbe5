/** ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]: the members with scores in a range. */

import type { Handler } from "../handler.ts";
import { rangeReply } from "./range-reply.ts";

export const zrangebyscore = {
  name: "ZRANGEBYSCORE",
  run: (call) => rangeReply(call, { kind: "score", reverse: false }),
} as const satisfies Handler;
