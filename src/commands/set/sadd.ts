/** SADD key member [member …]: adds members to a set; how many of them are new. */
import { addMembers } from "../../values/set-members.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { limitsOf, setOrNew } from "./sets.ts";

export const sadd = {
  name: "SADD",
  run: (call) => {
    const table = setOrNew(call, argument(call.args, 1));
    const added = addMembers(table, call.args.slice(2), limitsOf(call));
    if (added > 0) table.save("sadd");
    return added;
  },
} as const satisfies Handler;
