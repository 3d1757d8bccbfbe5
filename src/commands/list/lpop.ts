/** LPOP key [count]: takes an element from the front of a list, or so many of them; null when there is no such key. */
import type { Handler } from "../handler.ts";
import { pop } from "./pop.ts";

export const lpop = {
  name: "LPOP",
  run: (call) => pop(call, "left"),
} as const satisfies Handler;
