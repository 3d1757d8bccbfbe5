/** HKEYS key: the names of all fields. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { hashAt } from "./hashes.ts";

export const hkeys = {
  name: "HKEYS",
  run: (call) => Array.from(hashAt(call, argument(call.args, 1))?.elements() ?? [], ({ name }) => name),
} as const satisfies Handler;
