/** ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]: as ZRANGEBYSCORE, the highest first. */

import type { Handler } from "../handler.ts";
import { rangeReply } from "./range-reply.ts";

export const zrevrangebyscore = {
  name: "ZREVRANGEBYSCORE",
  run: (call) => rangeReply(call, { kind: "score", reverse: true }),
} as const satisfies Handler;
