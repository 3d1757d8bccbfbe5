/** XRANGE key start end [COUNT count]: entries in ascending order. */
import type { Handler } from "../handler.ts";
import { range } from "./range.ts";

export const xrange = {
  name: "XRANGE",
  run: (call) => range(call, false),
} as const satisfies Handler;
