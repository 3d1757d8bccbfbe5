/** ZREMRANGEBYLEX key min max: removes the members of one score that lie between two texts; how many there were. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { removeRange } from "./range-reply.ts";
import { lexRange } from "./ranges.ts";

export const zremrangebylex = {
  name: "ZREMRANGEBYLEX",
  run: (call) =>
    removeRange(call, lexRange(argument(call.args, 2), argument(call.args, 3)), "zremrangebylex"),
} as const satisfies Handler;
