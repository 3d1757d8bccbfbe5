/** DECRBY key decrement: takes from a string that is an integer. */
import * as errors from "../../protocol/errors.ts";
import { argument, integer } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { increment } from "./increment.ts";

/** The one integer whose negative does not fit into 64 bits. */
const INTEGER_MIN = -(2n ** 63n);

export const decrby = {
  name: "DECRBY",
  run: (call) => {
    const decrement = integer(argument(call.args, 2));
    if (decrement === INTEGER_MIN) throw errors.decrementOverflow();
    return increment(call, -decrement);
  },
} as const satisfies Handler;
