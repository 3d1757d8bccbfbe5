/**
 * ZRANDMEMBER key [count [WITHSCORES]]: a member by chance; with a count that many different ones, or with a negative
 * one that many that may be the same.
 */
import * as errors from "../../protocol/errors.ts";
import { argument, token } from "../arguments.ts";
import { drawDistinct, drawnCount, drawRepeated } from "../drawing.ts";
import type { Handler } from "../handler.ts";
import { membersReply, sortedSetAt } from "./sorted-sets.ts";

export const zrandmember = {
  name: "ZRANDMEMBER",
  run: (call) => {
    const { args } = call;
    const random = () => call.random();
    if (args.length === 2) return sortedSetAt(call, argument(args, 1))?.drawn(random)?.name ?? null;
    const given = drawnCount(argument(args, 2));
    const withScores = args.length === 4 && token(args[3]) === "WITHSCORES";
    if (args.length > 4 || (args.length === 4 && !withScores)) throw errors.syntaxError();
    if (withScores && (given.count > COUNT_MAX || given.count < -COUNT_MAX)) throw errors.outOfRange();
    const set = sortedSetAt(call, argument(args, 1));
    if (set === undefined || given.count === 0n) return [];
    const drawn = given.repeats ? drawRepeated(set, given, random) : drawDistinct(set, given, random);
    return membersReply(call, drawn, withScores);
  },
} as const satisfies Handler;

/** With a score each there are twice as many. */
const COUNT_MAX = (2n ** 63n - 1n) / 2n;
