/** BITCOUNT key [start end [BYTE | BIT]]: how many bits of a string are set. */
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { stringAt } from "../values.ts";
import { bitRange, givenRange } from "./bits.ts";

export const bitcount = {
  name: "BITCOUNT",
  run: (call) => {
    const value = stringAt(call, argument(call.args, 1));
    if (value === undefined) return 0;
    if (call.args.length === 3 || call.args.length > 5) throw errors.syntaxError();
    const given = givenRange(call.args, 2);
    // Counted from the end they are in the wrong order, whatever the length.
    if (given.start < 0n && given.end !== undefined && given.end < 0n && given.start > given.end) return 0;
    const range = bitRange(given, value.length);
    return range === undefined ? 0 : countBits(value, range.first, range.last);
  },
} as const satisfies Handler;

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
