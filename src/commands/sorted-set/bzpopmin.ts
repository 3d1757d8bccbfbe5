/** BZPOPMIN key [key …] timeout: takes the member with the lowest score of the first sorted set that has any, or waits. */

import type { Handler } from "../handler.ts";
import { blockingPop } from "./popping.ts";

export const bzpopmin = {
  name: "BZPOPMIN",
  run: (call) => blockingPop(call, "min"),
} as const satisfies Handler;
