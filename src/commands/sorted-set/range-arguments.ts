/** The arguments of ZRANGE, ZRANGESTORE and the older commands that do parts of what they do. */
import * as errors from "../../protocol/errors.ts";
import type { Scored, SortedSet } from "../../values/sorted-set.ts";
import { argument, safeIndex, token } from "../arguments.ts";
import { lexRange, type PlacesOf, rankRange, scoreRange } from "./ranges.ts";

export type RangeKind = "rank" | "score" | "lex";

/** What the command is for; what is undefined, its options say. */
export interface RangeForm {
  /** The argument with the first bound. */
  readonly at: number;
  readonly kind?: RangeKind;
  readonly reverse?: boolean;
  readonly isStored?: boolean;
}

export interface RangeQuery {
  readonly places: PlacesOf;
  readonly reverse: boolean;
  readonly offset: number;
  /** Negative: all. */
  readonly limit: number;
  readonly withScores: boolean;
}

interface Given {
  kind: RangeKind;
  reverse: boolean;
  withScores: boolean;
  limit: readonly [offset: number, count: number] | undefined;
}

/** @throws ReplyError for options that are none of the command's, or do not go together, and for bounds that are none */
export function rangeQuery(args: readonly Buffer[], form: RangeForm): RangeQuery {
  const given = optionsOf(args, form);
  const { kind, reverse, withScores, limit } = given;
  if (limit !== undefined && limit[1] !== -1 && kind === "rank") throw errors.limitOfPlaces();
  if (withScores && kind === "lex") throw errors.scoresOfTexts();
  if (withScores && form.isStored) throw errors.syntaxError();
  const [first, second] = [argument(args, form.at), argument(args, form.at + 1)];
  const [min, max] = reverse && kind !== "rank" ? [second, first] : [first, second];
  const places =
    kind === "rank"
      ? rankRange(first, second, reverse)
      : kind === "score"
        ? scoreRange(min, max)
        : lexRange(min, max);
  return {
    places,
    reverse,
    withScores,
    offset: kind === "rank" ? 0 : (limit?.[0] ?? 0),
    limit: limit?.[1] ?? -1,
  };
}

function optionsOf(args: readonly Buffer[], form: RangeForm): Given {
  const given: Given = {
    kind: form.kind ?? "rank",
    reverse: form.reverse ?? false,
    withScores: false,
    limit: undefined,
  };
  for (let at = form.at + 2; at < args.length; at += 1) {
    const word = token(args[at]);
    if (word === "WITHSCORES" && form.isStored !== true) given.withScores = true;
    else if (word === "LIMIT" && at + 2 < args.length) {
      given.limit = [safeIndex(argument(args, at + 1)), safeIndex(argument(args, at + 2))];
      at += 2;
    } else if (word === "REV" && form.reverse === undefined) given.reverse = true;
    else if (word === "BYLEX" && form.kind === undefined) given.kind = "lex";
    else if (word === "BYSCORE" && form.kind === undefined) given.kind = "score";
    else throw errors.syntaxError();
  }
  return given;
}

/** The members that a query asks for, in the order in which it does. */
export function queried(set: SortedSet, query: RangeQuery): Scored[] {
  const span = spanOf(set, query);
  return span === undefined ? [] : [...set.range(span.first, span.last)];
}

/** The places of the first and the last member that a query asks for; undefined when there are none. */
export function spanOf(
  set: SortedSet,
  { places, reverse, offset, limit }: RangeQuery,
): { readonly first: number; readonly last: number } | undefined {
  const { from, end } = places(set);
  const there = end - from - offset;
  const count = limit < 0 ? there : Math.min(limit, there);
  if (offset < 0 || count <= 0) return undefined;
  if (reverse) return { first: end - 1 - offset, last: end - offset - count };
  return { first: from + offset, last: from + offset + count - 1 };
}
