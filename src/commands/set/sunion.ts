/** SUNION key [key …]: the members that at least one of the sets has. */
import type { Handler } from "../handler.ts";
import { setsAt, union } from "./operations.ts";
import { setReply } from "./sets.ts";

export const sunion = {
  name: "SUNION",
  run: (call) => {
    const sets = setsAt(call, call.args.slice(1));
    return setReply(union(call, sets));
  },
} as const satisfies Handler;
