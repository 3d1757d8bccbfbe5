/** HLEN key: the number of fields, 0 when there is no such key. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { hashAt } from "./hashes.ts";

export const hlen = {
  name: "HLEN",
  run: (call) => hashAt(call, argument(call.args, 1))?.count ?? 0,
} as const satisfies Handler;
