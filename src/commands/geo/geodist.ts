/** GEODIST key member1 member2 [M | KM | FT | MI]: how far two members are from each other. */
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { sortedSetAt } from "../sorted-set/sorted-sets.ts";
import { distanceReply, memberPosition, unitArgument } from "./positions.ts";
import { distance } from "./shape.ts";

export const geodist = {
  name: "GEODIST",
  run: (call) => {
    const { args } = call;
    const meters = args.length === 5 ? unitArgument(args, 4) : 1;
    if (args.length > 5) throw errors.syntaxError();
    const set = sortedSetAt(call, argument(args, 1));
    const from = memberPosition(set, argument(args, 2));
    const to = memberPosition(set, argument(args, 3));
    return from === undefined || to === undefined ? null : distanceReply(distance(from, to) / meters);
  },
} as const satisfies Handler;
