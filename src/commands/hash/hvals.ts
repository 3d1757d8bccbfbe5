/** HVALS key: the values of all fields. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { hashAt } from "./hashes.ts";

export const hvals = {
  name: "HVALS",
  run: (call) => {
    const table = hashAt(call, argument(call.args, 1));
    return table === undefined ? [] : { kind: "bulks", shape: "array", strings: table.strings("values") };
  },
} as const satisfies Handler;
