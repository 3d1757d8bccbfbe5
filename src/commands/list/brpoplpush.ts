/** BRPOPLPUSH source destination timeout: as RPOPLPUSH, waiting for an element if there is none. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { blockingMove } from "./blocking-move.ts";

export const brpoplpush = {
  name: "BRPOPLPUSH",
  run: (call) => blockingMove(call, { fromEnd: "right", toEnd: "left", timeout: argument(call.args, 3) }),
} as const satisfies Handler;
