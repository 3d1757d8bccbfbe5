/** SDIFFSTORE destination key [key …]: stores the members of the first set that no other has; how many there are. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { difference, setsAt } from "./operations.ts";
import { storeMembers } from "./sets.ts";

export const sdiffstore = {
  name: "SDIFFSTORE",
  run: (call) => {
    const sets = setsAt(call, call.args.slice(2));
    return storeMembers(call, argument(call.args, 1), difference(sets), "sdiffstore");
  },
} as const satisfies Handler;
