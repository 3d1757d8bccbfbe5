/** SINTER key [key …]: the members that all sets have. */
import type { Handler } from "../handler.ts";
import { intersection, setsAt } from "./operations.ts";
import { setReply } from "./sets.ts";

export const sinter = {
  name: "SINTER",
  run: (call) => {
    const sets = setsAt(call, call.args.slice(1));
    return setReply([...intersection(sets)]);
  },
} as const satisfies Handler;
