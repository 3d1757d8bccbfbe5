/** XREVRANGE key end start [COUNT count]: entries in descending order. */
import type { Handler } from "../handler.ts";
import { range } from "./range.ts";

export const xrevrange = {
  name: "XREVRANGE",
  run: (call) => range(call, true),
} as const satisfies Handler;
