/** SREM key member [member …]: removes members of a set; how many there were. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { setForWrite } from "./sets.ts";

export const srem = {
  name: "SREM",
  run: (call) => {
    const table = setForWrite(call, argument(call.args, 1));
    if (table === undefined) return 0;
    const removed = call.args.slice(2).filter((member) => table.delete(member)).length;
    if (removed > 0) table.save("srem");
    return removed;
  },
} as const satisfies Handler;
