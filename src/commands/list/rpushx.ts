/** RPUSHX key element [element …]: puts elements behind the last one of a list that is there; its length then. */
import type { Handler } from "../handler.ts";
import { pushIfThere } from "./push.ts";

export const rpushx = {
  name: "RPUSHX",
  run: (call) => pushIfThere(call, "right"),
} as const satisfies Handler;
