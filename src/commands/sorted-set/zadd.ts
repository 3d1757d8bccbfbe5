/**
 * ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member [score member …]: adds members or gives them other scores; how many
 * are new, with CH changed ones too, with INCR the score.
 */
import * as errors from "../../protocol/errors.ts";
import { argument, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { type AddCondition, addScored } from "./adding.ts";
import { double, scoreArgument } from "./sorted-sets.ts";

export const zadd = {
  name: "ZADD",
  run: (call) => {
    const { args } = call;
    const { given, next } = optionsOf(args);
    const count = args.length - next;
    if (count === 0 || count % 2 !== 0) throw errors.syntaxError();
    const condition = conditionOf(given);
    const isIncrement = given.has("INCR");
    if (isIncrement && count > 2) throw errors.severalIncrements();
    const pairs: Array<{ readonly score: number; readonly name: Buffer }> = [];
    for (let at = next; at < args.length; at += 2)
      pairs.push({ score: scoreArgument(argument(args, at)), name: argument(args, at + 1) });
    const result = addScored(call, argument(args, 1), pairs, { ...condition, isIncrement });
    if (isIncrement) return result.score === undefined ? null : double(result.score);
    return given.has("CH") ? result.added + result.changed : result.added;
  },
} as const satisfies Handler;

const OPTIONS: ReadonlySet<string> = new Set(["NX", "XX", "GT", "LT", "CH", "INCR"]);

function optionsOf(args: readonly Buffer[]) {
  const given = new Set<string>();
  let next = 2;
  for (let word = token(args[next]); OPTIONS.has(word); word = token(args[next])) {
    given.add(word);
    next += 1;
  }
  return { given, next };
}

function conditionOf(given: ReadonlySet<string>): Omit<AddCondition, "isIncrement"> {
  const [isNew, isThere] = [given.has("NX"), given.has("XX")];
  if (isNew && isThere) throw errors.existingAndNew();
  const [isGreater, isLess] = [given.has("GT"), given.has("LT")];
  if ([isNew, isGreater, isLess].filter(Boolean).length > 1) throw errors.scoreConditions();
  return { isNew, isThere, isGreater, isLess };
}
