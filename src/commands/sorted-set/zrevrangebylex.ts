/** ZREVRANGEBYLEX key max min [LIMIT offset count]: as ZRANGEBYLEX, the last first. */

import type { Handler } from "../handler.ts";
import { rangeReply } from "./range-reply.ts";

export const zrevrangebylex = {
  name: "ZREVRANGEBYLEX",
  run: (call) => rangeReply(call, { kind: "lex", reverse: true }),
} as const satisfies Handler;
