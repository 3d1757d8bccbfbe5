/** HMGET key field [field …]: the values of fields, null for each that is not there. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { hashAt } from "./hashes.ts";

export const hmget = {
  name: "HMGET",
  run: (call) => {
    const table = hashAt(call, argument(call.args, 1));
    return call.args.slice(2).map((field) => table?.get(field) ?? null);
  },
} as const satisfies Handler;
