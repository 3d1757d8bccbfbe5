/**
 * Cursors of SCAN. A walk goes through the ids of keys in ascending order and ends at the highest id there was when
 * it began: keys that are removed and made anew while it lasts, by the walker itself perhaps, do not keep it going.
 * The cursor holds both numbers, so the server remembers nothing:
 *
 * | bits      | field                                                                        |
 * | --------- | ---------------------------------------------------------------------------- |
 * | 15 and up | the id to go on from                                                         |
 * | 9 to 14   | e                                                                            |
 * | 0 to 8    | m: the walk ends behind the id m * 2^e, the end rounded up by 0.4 % at most  |
 *
 * Up to 2^38 ids a cursor is an integer that doubles hold exactly, which some clients rely on.
 */

export interface ScanPosition {
  /** The id to go on from. */
  readonly from: number;
  /** The last id of the walk. */
  readonly last: number;
}

const MANTISSA_BITS = 9;
const MANTISSA_MAX = 2 ** MANTISSA_BITS - 1;
const END_BITS = 15n;
const END_MASK = 2n ** END_BITS - 1n;

/** The place in a walk that a cursor other than 0 stands for; any number is one. */
export function scanPosition(cursor: bigint): ScanPosition {
  const end = Number(cursor & END_MASK);
  const last = (end & MANTISSA_MAX) * 2 ** (end >> MANTISSA_BITS);
  return { from: Number(cursor >> END_BITS), last: Math.min(last, Number.MAX_SAFE_INTEGER) };
}

/** The cursor to go on with. scanPosition() gives `from` again, and a `last` that is the same or somewhat higher. */
export function scanCursor({ from, last }: ScanPosition): bigint {
  let exponent = 0;
  while (Math.ceil(last / 2 ** exponent) > MANTISSA_MAX) exponent += 1;
  const end = (exponent << MANTISSA_BITS) | Math.ceil(last / 2 ** exponent);
  return (BigInt(from) << END_BITS) | BigInt(end);
}
