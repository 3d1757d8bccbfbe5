/** BZPOPMAX key [key …] timeout: takes the member with the highest score of the first sorted set that has any, or waits. */

import type { Handler } from "../handler.ts";
import { blockingPop } from "./popping.ts";

export const bzpopmax = {
  name: "BZPOPMAX",
  run: (call) => blockingPop(call, "max"),
} as const satisfies Handler;
