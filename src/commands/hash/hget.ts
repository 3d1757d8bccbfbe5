/** HGET key field: the value of a field, or null. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { hashAt } from "./hashes.ts";

export const hget = {
  name: "HGET",
  run: (call) => hashAt(call, argument(call.args, 1))?.get(argument(call.args, 2)) ?? null,
} as const satisfies Handler;
