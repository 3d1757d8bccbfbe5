/** HEXISTS key field: 1 when the hash has the field. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { hashAt } from "./hashes.ts";

export const hexists = {
  name: "HEXISTS",
  run: (call) => (hashAt(call, argument(call.args, 1))?.has(argument(call.args, 2)) ? 1 : 0),
} as const satisfies Handler;
