/**
 * ZRANDMEMBER key [count [WITHSCORES]]: a member by chance; with a count that many different ones, or with a negative
 * one that many that may be the same.
 */
import { argument } from "../arguments.ts";
import { draw, drawnCountWith } from "../drawing.ts";
import type { Handler } from "../handler.ts";
import { membersReply, sortedSetAt } from "./sorted-sets.ts";

export const zrandmember = {
  name: "ZRANDMEMBER",
  run: (call) => {
    const { args } = call;
    const random = () => call.random();
    if (args.length === 2) return sortedSetAt(call, argument(args, 1))?.drawn(random)?.name ?? null;
    const { count, isWith } = drawnCountWith(args, "WITHSCORES");
    const set = sortedSetAt(call, argument(args, 1));
    if (set === undefined || count === 0n) return [];
    return membersReply(call, draw(set, count, random), isWith);
  },
} as const satisfies Handler;
