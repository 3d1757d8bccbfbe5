/** ZREMRANGEBYSCORE key min max: removes the members with scores in a range; how many there were. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { removeRange } from "./range-reply.ts";
import { scoreRange } from "./ranges.ts";

export const zremrangebyscore = {
  name: "ZREMRANGEBYSCORE",
  run: (call) =>
    removeRange(call, scoreRange(argument(call.args, 2), argument(call.args, 3)), "zremrangebyscore"),
} as const satisfies Handler;
