/** BLMOVE source destination LEFT|RIGHT LEFT|RIGHT timeout: as LMOVE, waiting for an element if there is none. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { blockingMove } from "./blocking-move.ts";
import { endOf } from "./lists.ts";

export const blmove = {
  name: "BLMOVE",
  run: (call) => {
    const { args } = call;
    const [fromEnd, toEnd] = [endOf(args[3]), endOf(args[4])];
    return blockingMove(call, { fromEnd, toEnd, timeout: argument(args, 5) });
  },
} as const satisfies Handler;
