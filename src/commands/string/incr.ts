/** INCR key: adds one to a string that is an integer. */
import type { Handler } from "../handler.ts";
import { increment } from "./increment.ts";

export const incr = {
  name: "INCR",
  run: (call) => increment(call, 1n),
} as const satisfies Handler;
