/** HSETNX key field value: sets a field of a hash that is not there; 1 if it did. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { hashOrNew, setFields } from "./hashes.ts";

export const hsetnx = {
  name: "HSETNX",
  run: (call) => {
    const table = hashOrNew(call, argument(call.args, 1));
    if (table.has(argument(call.args, 2))) return 0;
    setFields(call, table, call.args.slice(2));
    table.save("hset");
    return 1;
  },
} as const satisfies Handler;
