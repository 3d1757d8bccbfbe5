/** What XRANGE and XREVRANGE have in common. */
import * as errors from "../../protocol/errors.ts";
import { NULL_ARRAY, type Reply } from "../../protocol/reply.ts";
import { argument, integer, token } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { intervalEnd, intervalStart } from "./ids.ts";
import { rangeReply, streamAt } from "./streams.ts";

/** The entries of an interval; with `reverse` its end comes before its start, in the request as in the reply. */
export function range(call: Call, reverse: boolean): Reply {
  const { args } = call;
  const from = intervalStart(argument(args, reverse ? 3 : 2));
  const to = intervalEnd(argument(args, reverse ? 2 : 3));
  let count = Number.POSITIVE_INFINITY;
  for (let index = 4; index < args.length; index += 2) {
    if (token(args[index]) !== "COUNT") throw errors.syntaxError();
    count = Number(integer(argument(args, index + 1)));
  }
  const stream = streamAt(call, argument(args, 1));
  if (stream === undefined) return [];
  return count <= 0 ? NULL_ARRAY : rangeReply(stream, { from, to, reverse }, count);
}
