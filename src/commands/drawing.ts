/** Drawing names by chance: what HRANDFIELD, SRANDMEMBER, SPOP and ZRANDMEMBER share. */
import { type Bytes, bytesOf } from "../base/bytes.ts";
import * as errors from "../protocol/errors.ts";
import { argument, integer, token } from "./arguments.ts";

/** What names are drawn from. */
export interface Drawable<T extends { readonly name: Buffer }> {
  readonly count: number;
  drawn(random: () => number): T | undefined;
  elements(): Iterable<T>;
}

const COUNT_MAX = 2n ** 63n - 1n;
/** With a value or score each there are twice as many. */
const COUNT_WITH_MAX = COUNT_MAX / 2n;
/** So many may be asked for where the same may come again: otherwise the number of names is the bound. */
const REPEATED_MAX = 1_000_000n;
/** Of more than this part of all, each is looked at. */
const SAMPLED_PART = 3;

/**
 * The count of names to draw; negative: the same may come again. @throws ReplyError when it is no integer, or one
 * without an opposite
 */
export function drawnCount(bytes: Buffer): bigint {
  const count = integer(bytes);
  if (count < -COUNT_MAX) throw errors.notBetween(-COUNT_MAX, COUNT_MAX);
  return count;
}

/** As `drawnCount`, of `count [word]` behind the key: the word asks for what belongs to each name too. @throws ReplyError */
export function drawnCountWith(args: readonly Buffer[], word: string) {
  const count = drawnCount(argument(args, 2));
  const isWith = args.length === 4 && token(args[3]) === word;
  if (args.length > 4 || (args.length === 4 && !isWith)) throw errors.syntaxError();
  if (isWith && (count > COUNT_WITH_MAX || count < -COUNT_WITH_MAX)) throw errors.outOfRange();
  return { count, isWith };
}

/** As many as `drawnCount` says. @throws ReplyError when that is more than a reply may hold */
export function draw<T extends { readonly name: Buffer }>(
  from: Drawable<T>,
  count: bigint,
  random: () => number,
): T[] {
  return count < 0n ? drawRepeated(from, -count, random) : drawDistinct(from, count, random);
}

function drawRepeated<T extends { readonly name: Buffer }>(
  from: Drawable<T>,
  count: bigint,
  random: () => number,
): T[] {
  if (count > REPEATED_MAX) throw errors.outOfRange();
  const drawn: T[] = [];
  for (let left = Number(count); left > 0; left -= 1) {
    const one = from.drawn(random);
    if (one === undefined) break;
    drawn.push(one);
  }
  return drawn;
}

/** As many as there are, each once. */
function drawDistinct<T extends { readonly name: Buffer }>(
  from: Drawable<T>,
  count: bigint,
  random: () => number,
): T[] {
  if (count >= BigInt(from.count)) return [...from.elements()];
  const wanted = Number(count);
  if (wanted * SAMPLED_PART > from.count) return chosen([...from.elements()], wanted, random);
  const drawn = new Map<Bytes, T>();
  while (drawn.size < wanted) {
    const one = from.drawn(random);
    if (one === undefined) break;
    drawn.set(bytesOf(one.name), one);
  }
  return [...drawn.values()];
}

/** Some of all, in the order in which they are drawn. */
function chosen<T>(all: T[], wanted: number, random: () => number): T[] {
  for (let at = 0; at < wanted; at += 1) {
    const other = at + Math.floor(random() * (all.length - at));
    const [one, two] = [all[at], all[other]];
    if (one === undefined || two === undefined) break;
    all[at] = two;
    all[other] = one;
  }
  return all.slice(0, wanted);
}
