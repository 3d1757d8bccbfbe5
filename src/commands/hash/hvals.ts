/** HVALS key: the values of all fields. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { hashAt } from "./hashes.ts";

export const hvals = {
  name: "HVALS",
  run: (call) => Array.from(hashAt(call, argument(call.args, 1))?.elements() ?? [], ({ value }) => value),
} as const satisfies Handler;
