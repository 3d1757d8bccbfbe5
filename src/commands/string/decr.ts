/** DECR key: takes one from a string that is an integer. */
import type { Handler } from "../handler.ts";
import { increment } from "./increment.ts";

export const decr = {
  name: "DECR",
  run: (call) => increment(call, -1n),
} as const satisfies Handler;
