/** SCARD key: the number of members, 0 when there is no such key. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { setAt } from "./sets.ts";

export const scard = {
  name: "SCARD",
  run: (call) => setAt(call, argument(call.args, 1))?.count ?? 0,
} as const satisfies Handler;
