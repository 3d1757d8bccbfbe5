/** RPOPLPUSH source destination: moves the last element of a list to the front of another. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { moveElement } from "./move.ts";

export const rpoplpush = {
  name: "RPOPLPUSH",
  run: (call) => {
    const [from, to] = [argument(call.args, 1), argument(call.args, 2)];
    return moveElement(call, { from, to, fromEnd: "right", toEnd: "left" }) ?? null;
  },
} as const satisfies Handler;
