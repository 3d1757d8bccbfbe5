/** HSET key field value [field value …]: sets fields of a hash; how many of them are new. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { hashOrNew, pairsOf, setFields } from "./hashes.ts";

export const hset = {
  name: "HSET",
  run: (call) => {
    const pairs = pairsOf(call);
    const table = hashOrNew(call, argument(call.args, 1));
    const added = setFields(call, table, pairs);
    table.save("hset");
    return added;
  },
} as const satisfies Handler;
