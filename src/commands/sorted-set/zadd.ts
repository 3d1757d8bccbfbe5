/**
 * ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member [score member …]: adds members or gives them other scores; how many
 * are new, with CH changed ones too, with INCR the score.
 */
import * as errors from "../../protocol/errors.ts";
import type { Scored } from "../../values/sorted-set.ts";
import { argument, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { type AddCondition, addScored, UNCONDITIONAL } from "./adding.ts";
import { double, scoreArgument } from "./sorted-sets.ts";

export const zadd = {
  name: "ZADD",
  run: (call) => {
    const { args } = call;
    const { given, next } = optionsOf(args);
    const count = args.length - next;
    if (count === 0 || count % 2 !== 0) throw errors.syntaxError();
    const condition = conditionOf(given);
    if (condition.isIncrement && count > 2) throw errors.severalIncrements();
    const pairs: Scored[] = [];
    for (let at = next; at < args.length; at += 2)
      pairs.push({ score: scoreArgument(argument(args, at)), name: argument(args, at + 1) });
    const result = addScored(call, argument(args, 1), pairs, condition);
    if (condition.isIncrement) return result.score === undefined ? null : double(result.score);
    return given.has("CH") ? result.added + result.changed : result.added;
  },
} as const satisfies Handler;

const OPTIONS: ReadonlySet<string> = new Set(["NX", "XX", "GT", "LT", "CH", "INCR"]);
const NO_OPTIONS = { given: new Set<string>(), next: 2 };
const LETTERS_FROM = 0x41;

function optionsOf(args: readonly Buffer[]): { readonly given: ReadonlySet<string>; readonly next: number } {
  // Nearly every request has none: a score, which follows, begins with a digit, a sign or a point.
  if ((args[2]?.[0] ?? 0) < LETTERS_FROM) return NO_OPTIONS;
  const given = new Set<string>();
  let next = 2;
  for (let word = token(args[next]); OPTIONS.has(word); word = token(args[next])) {
    given.add(word);
    next += 1;
  }
  return { given, next };
}

function conditionOf(given: ReadonlySet<string>): AddCondition {
  if (given.size === 0) return UNCONDITIONAL;
  const [isNew, isThere] = [given.has("NX"), given.has("XX")];
  if (isNew && isThere) throw errors.existingAndNew();
  const [isGreater, isLess] = [given.has("GT"), given.has("LT")];
  if ([isNew, isGreater, isLess].filter(Boolean).length > 1) throw errors.scoreConditions();
  return { isNew, isThere, isGreater, isLess, isIncrement: given.has("INCR") };
}
