/** RPOP key [count]: takes an element from the end of a list, or so many of them; null when there is no such key. */
import type { Handler } from "../handler.ts";
import { pop } from "./pop.ts";

export const rpop = {
  name: "RPOP",
  run: (call) => pop(call, "right"),
} as const satisfies Handler;
