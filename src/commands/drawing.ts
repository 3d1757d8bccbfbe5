/** Drawing names by chance: what HRANDFIELD, SRANDMEMBER, SPOP and ZRANDMEMBER share. */
import { type Bytes, bytesOf } from "../base/bytes.ts";
import * as errors from "../protocol/errors.ts";
import { integer } from "./arguments.ts";

/** What names are drawn from. */
export interface Drawable<T extends { readonly name: Buffer }> {
  readonly count: number;
  drawn(random: () => number): T | undefined;
  elements(): Iterable<T>;
}

export interface DrawnCount {
  /** Negative: the same may come again. */
  readonly count: bigint;
  readonly repeats: boolean;
}

const COUNT_MAX = 2n ** 63n - 1n;
/** So many may be asked for where the same may come again: otherwise the number of names is the bound. */
const REPEATED_MAX = 1_000_000n;
/** Of more than this part of all, each is looked at. */
const SAMPLED_PART = 3;

/** The count of names to draw. @throws ReplyError when it is no integer, or one without an opposite */
export function drawnCount(bytes: Buffer): DrawnCount {
  const count = integer(bytes);
  if (count < -COUNT_MAX) throw errors.notBetween(-COUNT_MAX, COUNT_MAX);
  return { count, repeats: count < 0n };
}

/** As many as are asked for. @throws ReplyError when that is more than a reply may hold */
export function drawRepeated<T extends { readonly name: Buffer }>(
  from: Drawable<T>,
  { count }: DrawnCount,
  random: () => number,
): T[] {
  if (-count > REPEATED_MAX) throw errors.outOfRange();
  const drawn: T[] = [];
  for (let left = Number(-count); left > 0; left -= 1) {
    const one = from.drawn(random);
    if (one === undefined) break;
    drawn.push(one);
  }
  return drawn;
}

/** As many as are asked for and there are, each once. */
export function drawDistinct<T extends { readonly name: Buffer }>(
  from: Drawable<T>,
  { count }: DrawnCount,
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
