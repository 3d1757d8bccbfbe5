/** SISMEMBER key member: 1 when the set has the member. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { setAt } from "./sets.ts";

export const sismember = {
  name: "SISMEMBER",
  run: (call) => (setAt(call, argument(call.args, 1))?.has(argument(call.args, 2)) ? 1 : 0),
} as const satisfies Handler;
