/** HDEL key field [field …]: removes fields; how many there were. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { hashForWrite } from "./hashes.ts";

export const hdel = {
  name: "HDEL",
  run: (call) => {
    const table = hashForWrite(call, argument(call.args, 1));
    if (table === undefined) return 0;
    const removed = call.args.slice(2).filter((field) => table.delete(field)).length;
    if (removed > 0) table.save("hdel");
    return removed;
  },
} as const satisfies Handler;
