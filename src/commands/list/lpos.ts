/**
 * LPOS key element [RANK rank] [COUNT n] [MAXLEN n]: the place of the first element that is equal to one, or of the
 * `rank`th, from the end if that is negative; with COUNT the places of so many, 0: all.
 */
import * as errors from "../../protocol/errors.ts";
import { argument, integer, parseInteger, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { listAt } from "./lists.ts";
import { matches } from "./matches.ts";

export const lpos = {
  name: "LPOS",
  run: (call) => {
    const { rank, count, looksMax } = parseOptions(call.args);
    const list = listAt(call, argument(call.args, 1));
    if (list === undefined) return count === undefined ? null : [];
    const places: number[] = [];
    let skipped = 0;
    for (const place of matches(list, argument(call.args, 2), rank < 0, looksMax)) {
      skipped += 1;
      if (skipped < Math.abs(rank)) continue;
      if (count === undefined) return place;
      places.push(place);
      if (places.length === count) break;
    }
    return count === undefined ? null : places;
  },
} as const satisfies Handler;

const RANK_MAX = 2n ** 63n - 1n;

/** `count` undefined: one place is asked for; infinite `looksMax`: all elements are looked at. */
function parseOptions(args: readonly Buffer[]) {
  let rank = 1;
  let count: number | undefined;
  let looksMax = Number.POSITIVE_INFINITY;
  for (let at = 3; at < args.length; at += 2) {
    const word = token(args[at]);
    const value = args[at + 1];
    if (value === undefined) throw errors.syntaxError();
    if (word === "RANK") rank = rankOf(value);
    else if (word === "COUNT") count = numberOf(value, "COUNT");
    else if (word === "MAXLEN") looksMax = numberOf(value, "MAXLEN") || Number.POSITIVE_INFINITY;
    else throw errors.syntaxError();
  }
  return { rank, count: count === 0 ? Number.POSITIVE_INFINITY : count, looksMax };
}

function rankOf(value: Buffer): number {
  const rank = integer(value);
  if (rank < -RANK_MAX) throw errors.notBetween(-RANK_MAX, RANK_MAX);
  if (rank === 0n) throw errors.rankZero();
  return Number(rank);
}

function numberOf(value: Buffer, option: "COUNT" | "MAXLEN"): number {
  const number = parseInteger(value);
  if (number === undefined || number < 0n) throw errors.optionNegative(option);
  return Number(number);
}
