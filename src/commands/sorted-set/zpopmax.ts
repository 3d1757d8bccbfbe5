/** ZPOPMAX key [count]: takes the members with the highest scores. */

import type { Handler } from "../handler.ts";
import { pop } from "./popping.ts";

export const zpopmax = {
  name: "ZPOPMAX",
  run: (call) => pop(call, "max"),
} as const satisfies Handler;
