/** ZINCRBY key increment member: adds to the score of a member; the score then. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { addScored, UNCONDITIONAL } from "./adding.ts";
import { double, scoreArgument } from "./sorted-sets.ts";

const INCREMENT = { ...UNCONDITIONAL, isIncrement: true };

export const zincrby = {
  name: "ZINCRBY",
  run: (call) => {
    const member = { score: scoreArgument(argument(call.args, 2)), name: argument(call.args, 3) };
    const { score } = addScored(call, argument(call.args, 1), [member], INCREMENT);
    return double(score ?? member.score);
  },
} as const satisfies Handler;
