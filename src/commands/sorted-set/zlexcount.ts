/** ZLEXCOUNT key min max: how many members of one score lie between two texts. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { countReply } from "./range-reply.ts";
import { lexRange } from "./ranges.ts";

export const zlexcount = {
  name: "ZLEXCOUNT",
  run: (call) => countReply(call, lexRange(argument(call.args, 2), argument(call.args, 3))),
} as const satisfies Handler;
