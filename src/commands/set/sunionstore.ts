/** SUNIONSTORE destination key [key …]: stores the members that at least one of the sets has; how many there are. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { setsAt, union } from "./operations.ts";
import { storeMembers } from "./sets.ts";

export const sunionstore = {
  name: "SUNIONSTORE",
  run: (call) => {
    const sets = setsAt(call, call.args.slice(2));
    return storeMembers(call, argument(call.args, 1), union(call, sets), "sunionstore");
  },
} as const satisfies Handler;
