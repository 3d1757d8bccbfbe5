/** The part of a string between two positions, as GETRANGE and SUBSTR give it. */
import type { Reply } from "../../protocol/reply.ts";
import { argument, integer } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { stringAt } from "../values.ts";

const EMPTY = Buffer.alloc(0);

/** Both positions belong to the part; negative ones count from the end. @throws ReplyError for no integers, WRONGTYPE */
export function substring(call: Call): Reply {
  const start = integer(argument(call.args, 2));
  const end = integer(argument(call.args, 3));
  const value = stringAt(call, argument(call.args, 1)) ?? EMPTY;
  if (start < 0n && end < 0n && start > end) return EMPTY;
  const from = position(start, value.length);
  const to = position(end, value.length);
  return from > to || value.length === 0 ? EMPTY : value.subarray(from, to + 1);
}

function position(given: bigint, length: number): number {
  const counted = given < 0n ? BigInt(length) + given : given;
  return counted < 0n ? 0 : counted > BigInt(length) ? length : Number(counted);
}
