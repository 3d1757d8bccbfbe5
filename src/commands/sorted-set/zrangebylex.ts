/** ZRANGEBYLEX key min max [LIMIT offset count]: the members of one score that lie between two texts. */

import type { Handler } from "../handler.ts";
import { rangeReply } from "./range-reply.ts";

export const zrangebylex = {
  name: "ZRANGEBYLEX",
  run: (call) => rangeReply(call, { kind: "lex", reverse: false }),
} as const satisfies Handler;
