/** RPUSH key element [element …]: puts elements behind the last one of a list; its length then. */
import type { Handler } from "../handler.ts";
import { push } from "./push.ts";

export const rpush = {
  name: "RPUSH",
  run: (call) => push(call, "right"),
} as const satisfies Handler;
