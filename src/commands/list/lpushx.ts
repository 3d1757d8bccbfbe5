/** LPUSHX key element [element …]: puts elements before the first one of a list that is there; its length then. */
import type { Handler } from "../handler.ts";
import { pushIfThere } from "./push.ts";

export const lpushx = {
  name: "LPUSHX",
  run: (call) => pushIfThere(call, "left"),
} as const satisfies Handler;
