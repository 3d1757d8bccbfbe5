/** ZRANK and ZREVRANK. */
import * as errors from "../../protocol/errors.ts";
import { NULL_ARRAY, type Reply } from "../../protocol/reply.ts";
import { argument, token } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { double, sortedSetAt } from "./sorted-sets.ts";

/** The place of a member, counted from the lowest score or the highest, with WITHSCORE its score too. */
export function rankReply(call: Call, reverse: boolean): Reply {
  const { args, command } = call;
  if (args.length > 4) throw errors.wrongNumberOfArguments(command.name);
  const withScore = args.length === 4;
  if (withScore && token(args[3]) !== "WITHSCORE") throw errors.syntaxError();
  const set = sortedSetAt(call, argument(args, 1));
  const ranked = set?.ranked(argument(args, 2));
  if (set === undefined || ranked === undefined) return withScore ? NULL_ARRAY : null;
  const { rank, score } = ranked;
  const place = reverse ? set.count - 1 - rank : rank;
  return withScore ? [place, double(score)] : place;
}
