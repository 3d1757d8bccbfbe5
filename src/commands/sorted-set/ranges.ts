/** Ranges of sorted sets: of places, of scores, and of members of one score, each as the places it covers. */
import { readDouble } from "../../base/double-text.ts";
import * as errors from "../../protocol/errors.ts";
import { behindScore } from "../../values/score.ts";
import type { SortedSet } from "../../values/sorted-set.ts";
import { entryOf } from "../../values/sorted-set.ts";
import { placesBetween } from "../places.ts";

/** The places of a range in a sorted set: from the first one to below the end; none when the end is not above it. */
export interface Places {
  readonly from: number;
  readonly end: number;
}

/** Reads which places of a sorted set are meant. */
export type PlacesOf = (set: SortedSet) => Places;

/** Places from the lowest score on, or with `reverse` from the highest; negative ones count from the other end. */
export function rankRange(start: Buffer, stop: Buffer, reverse: boolean): PlacesOf {
  const placesOf = placesBetween(start, stop);
  return ({ count }) => {
    const places = placesOf(count);
    if (places === undefined) return { from: 0, end: 0 };
    const { from, to } = places;
    return reverse ? { from: count - 1 - to, end: count - from } : { from, end: to + 1 };
  };
}

/** @throws ReplyError "min or max is not a float" */
export function scoreRange(min: Buffer, max: Buffer): PlacesOf {
  const [low, high] = [scoreBound(min), scoreBound(max)];
  return (set) => ({
    from: set.below(low.isExclusive ? behindScore(low.score) : entryOf(low.score)),
    end: set.below(high.isExclusive ? entryOf(high.score) : behindScore(high.score)),
  });
}

interface ScoreBound {
  readonly score: number;
  readonly isExclusive: boolean;
}

/** As C's strtod reads it: nothing is 0, and what is too large infinite. */
function scoreBound(bytes: Buffer): ScoreBound {
  const text = bytes.toString("latin1");
  const isExclusive = text.startsWith("(");
  const digits = (isExclusive ? text.slice(1) : text).replace(/^[ \t\n\v\f\r]+/, "");
  const score = digits === "" ? 0 : readDouble(digits);
  if (score === undefined) throw errors.rangeNotFloat();
  return { isExclusive, score };
}

/** @throws ReplyError "min or max not valid string range item" */
export function lexRange(min: Buffer, max: Buffer): PlacesOf {
  const [low, high] = [lexBound(min), lexBound(max)];
  return (set) => ({ from: belowMember(set, low, false), end: belowMember(set, high, true) });
}

interface LexBound {
  /** What stands for below and above all members. */
  readonly member: Buffer | "-" | "+";
  readonly isExclusive: boolean;
}

function lexBound(bytes: Buffer): LexBound {
  const text = bytes.toString("latin1");
  if (text === "-" || text === "+") return { member: text, isExclusive: false };
  if (!text.startsWith("(") && !text.startsWith("[")) throw errors.rangeNotText();
  return { member: bytes.subarray(1), isExclusive: text.startsWith("(") };
}

/** How many members are before a bound, itself among them for the end of a range. */
function belowMember(set: SortedSet, { member, isExclusive }: LexBound, isEnd: boolean): number {
  if (member === "-") return 0;
  if (member === "+") return set.count;
  const includes = isEnd !== isExclusive;
  let low = 0;
  let high = set.count;
  while (low < high) {
    const middle = (low + high) >> 1;
    const compared = set.at(middle).name.compare(member);
    if (compared < 0 || (compared === 0 && includes)) low = middle + 1;
    else high = middle;
  }
  return low;
}
