/** ZRANGE key start stop [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES]: the members of a range. */

import type { Handler } from "../handler.ts";
import { rangeReply } from "./range-reply.ts";

export const zrange = {
  name: "ZRANGE",
  run: (call) => rangeReply(call, {}),
} as const satisfies Handler;
