/** SMISMEMBER key member [member …]: for each member 1 when the set has it. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { setAt } from "./sets.ts";

export const smismember = {
  name: "SMISMEMBER",
  run: (call) => {
    const table = setAt(call, argument(call.args, 1));
    return call.args.slice(2).map((member) => (table?.has(member) ? 1 : 0));
  },
} as const satisfies Handler;
