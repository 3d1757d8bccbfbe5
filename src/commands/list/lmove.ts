/** LMOVE source destination LEFT|RIGHT LEFT|RIGHT: moves an element from an end of a list to one of another. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { endOf } from "./lists.ts";
import { moveElement } from "./move.ts";

export const lmove = {
  name: "LMOVE",
  run: (call) => {
    const { args } = call;
    const [fromEnd, toEnd] = [endOf(args[3]), endOf(args[4])];
    return moveElement(call, { from: argument(args, 1), to: argument(args, 2), fromEnd, toEnd }) ?? null;
  },
} as const satisfies Handler;
