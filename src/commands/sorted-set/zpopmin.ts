/** ZPOPMIN key [count]: takes the members with the lowest scores. */

import type { Handler } from "../handler.ts";
import { pop } from "./popping.ts";

export const zpopmin = {
  name: "ZPOPMIN",
  run: (call) => pop(call, "min"),
} as const satisfies Handler;
