/** SINTERSTORE destination key [key …]: stores the members that all sets have; how many there are. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { intersection, setsAt } from "./operations.ts";
import { storeMembers } from "./sets.ts";

export const sinterstore = {
  name: "SINTERSTORE",
  run: (call) => {
    const sets = setsAt(call, call.args.slice(2));
    return storeMembers(call, argument(call.args, 1), [...intersection(sets)], "sinterstore");
  },
} as const satisfies Handler;
