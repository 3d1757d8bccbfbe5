/** ZCOUNT key min max: how many members have scores in a range. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { countReply } from "./range-reply.ts";
import { scoreRange } from "./ranges.ts";

export const zcount = {
  name: "ZCOUNT",
  run: (call) => countReply(call, scoreRange(argument(call.args, 2), argument(call.args, 3))),
} as const satisfies Handler;
