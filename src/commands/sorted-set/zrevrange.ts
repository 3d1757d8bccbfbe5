/** ZREVRANGE key start stop [WITHSCORES]: the members between two places, the highest score first. */

import type { Handler } from "../handler.ts";
import { rangeReply } from "./range-reply.ts";

export const zrevrange = {
  name: "ZREVRANGE",
  run: (call) => rangeReply(call, { kind: "rank", reverse: true }),
} as const satisfies Handler;
