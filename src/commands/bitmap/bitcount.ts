/** BITCOUNT key [start end [BYTE | BIT]]: how many bits of a string are set. */
import * as errors from "../../protocol/errors.ts";
import { argument, integer } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { stringAt } from "../values.ts";
import { type BitRange, bitRange, readsBits } from "./bits.ts";

export const bitcount = {
  name: "BITCOUNT",
  run: (call) => {
    const value = stringAt(call, argument(call.args, 1));
    if (value === undefined) return 0;
    if (call.args.length === 3 || call.args.length > 5) throw errors.syntaxError();
    const range = rangeOf(call.args.slice(2), value.length);
    return range === undefined ? 0 : countBits(value, range.first, range.last);
  },
} as const satisfies Handler;

/** Undefined: it is empty. Errors are found in the order of Redis: both places come before the unit. */
function rangeOf([from, to, unit]: readonly Buffer[], byteCount: number): BitRange | undefined {
  if (from === undefined || to === undefined)
    return bitRange({ start: 0n, end: undefined, isInBits: false }, byteCount);
  const [start, end] = [integer(from), integer(to)];
  // Counted from the end they are in the wrong order, whatever the length and the unit.
  if (start < 0n && end < 0n && start > end) return undefined;
  return bitRange({ start, end, isInBits: readsBits(unit) }, byteCount);
}

/** How many bits are set in each byte. */
const COUNTS = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length);

/** The bits that are set from the first to the last, both included. */
function countBits(value: Buffer, first: number, last: number): number {
  const [from, to] = [first >> 3, last >> 3];
  let count = 0;
  for (let at = from; at <= to; at += 1) {
    let byte = value[at] ?? 0;
    if (at === from) byte &= 0xff >> (first & 7);
    if (at === to) byte &= 0xff << (7 - (last & 7));
    count += COUNTS[byte] ?? 0;
  }
  return count;
}
