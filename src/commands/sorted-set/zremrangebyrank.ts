/** ZREMRANGEBYRANK key start stop: removes the members between two places; how many there were. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { removeRange } from "./range-reply.ts";
import { rankRange } from "./ranges.ts";

export const zremrangebyrank = {
  name: "ZREMRANGEBYRANK",
  run: (call) =>
    removeRange(call, rankRange(argument(call.args, 2), argument(call.args, 3), false), "zremrangebyrank"),
} as const satisfies Handler;
