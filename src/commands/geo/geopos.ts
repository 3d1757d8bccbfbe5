/** GEOPOS key [member ...]: where members are. */
import { NULL_ARRAY } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { sortedSetAt } from "../sorted-set/sorted-sets.ts";
import { memberPosition, positionReply } from "./positions.ts";

export const geopos = {
  name: "GEOPOS",
  run: (call) => {
    const set = sortedSetAt(call, argument(call.args, 1));
    return call.args.slice(2).map((member) => {
      const position = memberPosition(set, member);
      return position === undefined ? NULL_ARRAY : positionReply(position);
    });
  },
} as const satisfies Handler;
