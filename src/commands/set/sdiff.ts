/** SDIFF key [key …]: the members of the first set that no other has. */
import type { Handler } from "../handler.ts";
import { difference, setsAt } from "./operations.ts";
import { setReply } from "./sets.ts";

export const sdiff = {
  name: "SDIFF",
  run: (call) => {
    const sets = setsAt(call, call.args.slice(1));
    return setReply(difference(sets));
  },
} as const satisfies Handler;
