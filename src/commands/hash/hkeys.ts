/** HKEYS key: the names of all fields. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { hashAt } from "./hashes.ts";

export const hkeys = {
  name: "HKEYS",
  run: (call) => {
    const table = hashAt(call, argument(call.args, 1));
    return table === undefined ? [] : { kind: "bulks", shape: "array", strings: table.strings("names") };
  },
} as const satisfies Handler;
