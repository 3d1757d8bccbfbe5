/** What ZADD, ZINCRBY and GEOADD do. */
import * as errors from "../../protocol/errors.ts";
import type { Scored } from "../../values/sorted-set.ts";
import type { Call } from "../handler.ts";
import { limitsOf, putMember, sortedSetForWrite, sortedSetOrNew } from "./sorted-sets.ts";

export interface AddCondition {
  /** Only members that are not there; only those that are. */
  readonly isNew: boolean;
  readonly isThere: boolean;
  /** Of those that are there only where the score rises; only where it falls. */
  readonly isGreater: boolean;
  readonly isLess: boolean;
  /** The score is added to the one that is there. */
  readonly isIncrement: boolean;
}

export const UNCONDITIONAL: AddCondition = {
  isNew: false,
  isThere: false,
  isGreater: false,
  isLess: false,
  isIncrement: false,
};

export interface Added {
  readonly added: number;
  readonly changed: number;
  /** Of the last member; undefined where a condition was not met. */
  readonly score: number | undefined;
}

/** @throws ReplyError WRONGTYPE, or where a sum is no number */
export function addScored(
  call: Call,
  key: Buffer,
  members: readonly Scored[],
  condition: AddCondition,
): Added {
  const set = condition.isThere ? sortedSetForWrite(call, key) : sortedSetOrNew(call, key);
  if (set === undefined) return { added: 0, changed: 0, score: undefined };
  const limits = limitsOf(call);
  let [added, changed] = [0, 0];
  let latest: number | undefined;
  for (const { name, score: given } of members) {
    const before = set.score(name);
    const score = wanted(given, before, condition);
    latest = score;
    if (score === undefined || score === before) continue;
    putMember(set, name, score, before, limits);
    if (before === undefined) added += 1;
    else changed += 1;
  }
  if (added + changed > 0) set.save(condition.isIncrement ? "zincr" : "zadd");
  return { added, changed, score: latest };
}

/** The score a member is to have; undefined where it is to stay as it is. */
function wanted(given: number, before: number | undefined, condition: AddCondition): number | undefined {
  if (before === undefined) return condition.isThere ? undefined : given;
  if (condition.isNew) return undefined;
  const score = condition.isIncrement ? before + given : given;
  if (Number.isNaN(score)) throw errors.scoreNotANumber();
  if (condition.isGreater && score <= before) return undefined;
  if (condition.isLess && score >= before) return undefined;
  return score;
}
