/** Requests that say how many keys they name: `numkeys key [key …]`. */
import * as errors from "../protocol/errors.ts";
import type { ReplyError } from "../protocol/reply-error.ts";
import { argument, parseInteger, token } from "./arguments.ts";

export interface CountedKeys {
  readonly keys: readonly Buffer[];
  /** The argument behind the keys. */
  readonly next: number;
}

const COUNT_MAX = 2n ** 63n - 1n;

/**
 * The keys that `args[index]` counts and that follow it. @throws ReplyError when it is no positive integer, or there
 * are fewer
 */
export function countedKeys(
  args: readonly Buffer[],
  index: number,
  tooMany: () => ReplyError = errors.syntaxError,
): CountedKeys {
  const count = parseInteger(argument(args, index));
  if (count === undefined || count < 1n || count > COUNT_MAX) throw errors.keyCountNotPositive();
  const first = index + 1;
  if (count > BigInt(args.length - first)) throw tooMany();
  const next = first + Number(count);
  return { keys: args.slice(first, next), next };
}

/** The value of LIMIT behind the keys, the only option there is; 0: no limit. @throws ReplyError */
export function limitOption(args: readonly Buffer[], from: number): number {
  let limit = 0;
  for (let at = from; at < args.length; at += 2) {
    const word = token(args[at]);
    if (word !== "LIMIT" || at + 1 === args.length) throw errors.syntaxError();
    limit = limitValue(argument(args, at + 1));
  }
  return limit;
}

/** A limit, 0: none. @throws ReplyError */
export function limitValue(bytes: Buffer): number {
  const limit = parseInteger(bytes);
  if (limit === undefined || limit < 0n) throw errors.limitNegative();
  return Number(limit);
}

/** The value of COUNT behind the keys, the only option there is; 1 without it. @throws ReplyError */
export function countAfter(args: readonly Buffer[], from: number): number {
  let count: number | undefined;
  for (let at = from; at < args.length; at += 2) {
    const word = token(args[at]);
    if (word !== "COUNT" || count !== undefined || at + 1 === args.length) throw errors.syntaxError();
    const given = parseInteger(argument(args, at + 1));
    if (given === undefined || given < 1n) throw errors.countNotAboveZero();
    count = Number(given);
  }
  return count ?? 1;
}
