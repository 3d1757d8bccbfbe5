/** LLEN key: the number of elements, 0 when there is no such key. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { listAt } from "./lists.ts";

export const llen = {
  name: "LLEN",
  run: (call) => listAt(call, argument(call.args, 1))?.count ?? 0,
} as const satisfies Handler;
