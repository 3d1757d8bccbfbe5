/** Taking members with the lowest or highest scores. */
import * as errors from "../../protocol/errors.ts";
import { NULL_ARRAY, type Reply } from "../../protocol/reply.ts";
import type { Scored, SortedSet } from "../../values/sorted-set.ts";
import { argument, positiveInteger, token } from "../arguments.ts";
import { deadlineOfSeconds, takeOrWait } from "../blocking.ts";
import type { Call, Wait } from "../handler.ts";
import { double, membersReply, sortedSetForWrite } from "./sorted-sets.ts";

export type ScoreEnd = "min" | "max";

/** MIN or MAX. @throws ReplyError syntax error */
export function scoreEndOf(bytes: Buffer | undefined): ScoreEnd {
  const word = token(bytes);
  if (word === "MIN") return "min";
  if (word === "MAX") return "max";
  throw errors.syntaxError();
}

/** Takes up to `count` members from an end, and saves. */
function popMembers(set: SortedSet, end: ScoreEnd, count: number): Scored[] {
  const length = Math.min(count, set.count);
  const first = end === "min" ? 0 : set.count - 1;
  const last = end === "min" ? length - 1 : set.count - length;
  const members = [...set.range(first, last)].map(({ name, score }) => ({ name: Buffer.from(name), score }));
  set.removeRange(Math.min(first, last), length);
  set.save(end === "min" ? "zpopmin" : "zpopmax");
  return members;
}

/** ZPOPMIN and ZPOPMAX: the members with their scores, with a count in RESP3 as pairs. */
export function pop(call: Call, end: ScoreEnd): Reply {
  const { args } = call;
  if (args.length > 3) throw errors.syntaxError();
  const count = args.length === 3 ? Number(positiveInteger(argument(args, 2))) : 1;
  const set = sortedSetForWrite(call, argument(args, 1));
  if (set === undefined || count === 0) return [];
  const members = popMembers(set, end, count);
  if (args.length === 3) return membersReply(call, members, true);
  return members.flatMap(({ name, score }) => [name, double(score)]);
}

/** BZPOPMIN and BZPOPMAX: the key, the member and its score, from the first sorted set that has any. */
export function blockingPop(call: Call, end: ScoreEnd): Reply | Wait {
  const last = call.args.length - 1;
  const deadlineMs = deadlineOfSeconds(argument(call.args, last), call.nowMs);
  const keys = call.args.slice(1, last).map((key) => Buffer.from(key));
  const take = (later: Call) => {
    const popped = popFirst(later, keys, end, 1);
    return popped?.members.flatMap(({ name, score }) => [popped.key, name, double(score)]);
  };
  return takeOrWait(call, { type: "sortedSet", keys, deadlineMs, nothing: NULL_ARRAY, take });
}

/** ZMPOP: the key, and pairs of a member and its score; undefined when no key has any. */
export function popPairs(
  call: Call,
  keys: readonly Buffer[],
  end: ScoreEnd,
  count: number,
): Reply | undefined {
  const popped = popFirst(call, keys, end, count);
  if (popped === undefined) return undefined;
  return [popped.key, popped.members.map(({ name, score }) => [name, double(score)])];
}

function popFirst(call: Call, keys: readonly Buffer[], end: ScoreEnd, count: number) {
  for (const key of keys) {
    const set = sortedSetForWrite(call, key);
    if (set !== undefined) return { key, members: popMembers(set, end, count) };
  }
  return undefined;
}
