/** ZREM key member [member …]: removes members; how many there were. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { sortedSetForWrite } from "./sorted-sets.ts";

export const zrem = {
  name: "ZREM",
  run: (call) => {
    const set = sortedSetForWrite(call, argument(call.args, 1));
    if (set === undefined) return 0;
    const removed = call.args.slice(2).filter((member) => set.delete(member)).length;
    if (removed > 0) set.save("zrem");
    return removed;
  },
} as const satisfies Handler;
