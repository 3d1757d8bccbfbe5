/** ZCARD key: the number of members, 0 when there is no such key. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { sortedSetAt } from "./sorted-sets.ts";

export const zcard = {
  name: "ZCARD",
  run: (call) => sortedSetAt(call, argument(call.args, 1))?.count ?? 0,
} as const satisfies Handler;
