/** HSTRLEN key field: the length of the value of a field, 0 when there is none. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { hashAt } from "./hashes.ts";

export const hstrlen = {
  name: "HSTRLEN",
  run: (call) => hashAt(call, argument(call.args, 1))?.get(argument(call.args, 2))?.length ?? 0,
} as const satisfies Handler;
