/** SMOVE source destination member: moves a member from one set to another; 1 if it did. */
import { addMembers } from "../../values/set-members.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { limitsOf, setForWrite, setOrNew } from "./sets.ts";

export const smove = {
  name: "SMOVE",
  run: (call) => {
    const { args } = call;
    const [from, to, member] = [argument(args, 1), argument(args, 2), argument(args, 3)];
    const source = setForWrite(call, from);
    if (source === undefined) return 0;
    const target = setOrNew(call, to);
    if (from.equals(to)) return source.has(member) ? 1 : 0;
    if (!source.delete(member)) return 0;
    source.save("srem");
    if (addMembers(target, [member], limitsOf(call)) > 0) target.save("sadd");
    return 1;
  },
} as const satisfies Handler;
