/** Places in something that has an order: what LRANGE, LTRIM and ZRANGE share. */
import { safeIndex } from "./arguments.ts";

export interface Places {
  readonly from: number;
  /** Included. */
  readonly to: number;
}

/**
 * Reads two places, both included, which count from the end when negative: what gives those that there are among
 * `count`, or undefined where there are none. @throws ReplyError when one is no integer
 */
export function placesBetween(start: Buffer, stop: Buffer): (count: number) => Places | undefined {
  const [first, last] = [safeIndex(start), safeIndex(stop)];
  return (count) => {
    const from = Math.max(0, first < 0 ? count + first : first);
    const to = Math.min(count - 1, last < 0 ? count + last : last);
    return from > to ? undefined : { from, to };
  };
}
