/** INCRBY key increment: adds to a string that is an integer. */
import { argument, integer } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { increment } from "./increment.ts";

export const incrby = {
  name: "INCRBY",
  run: (call) => increment(call, integer(argument(call.args, 2))),
} as const satisfies Handler;
