/** LPUSH key element [element …]: puts elements before the first one of a list; its length then. */
import type { Handler } from "../handler.ts";
import { push } from "./push.ts";

export const lpush = {
  name: "LPUSH",
  run: (call) => push(call, "left"),
} as const satisfies Handler;
