/** BITPOS key bit [start [end [BYTE | BIT]]]: the first bit that is set, or that is not. */
import * as errors from "../../protocol/errors.ts";
import { argument, parseInteger } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { stringAt } from "../values.ts";
import { type BitRange, bitRange, givenRange } from "./bits.ts";

export const bitpos = {
  name: "BITPOS",
  run: (call) => {
    const bit = parseInteger(argument(call.args, 2));
    if (bit === undefined) throw errors.notAnInteger();
    if (bit !== 0n && bit !== 1n) throw errors.bitNeitherZeroNorOne();
    const value = stringAt(call, argument(call.args, 1));
    // What is not there is a row of zeros without end.
    if (value === undefined) return bit === 1n ? -1 : 0;
    if (call.args.length > 6) throw errors.syntaxError();
    const given = givenRange(call.args, 3);
    const range = bitRange(given, value.length);
    if (range === undefined) return -1;
    const position = firstBit(value, bit === 1n, range);
    if (position !== undefined) return position;
    // Without an end, the string is followed by zeros.
    return bit === 0n && given.end === undefined ? value.length * 8 : -1;
  },
} as const satisfies Handler;

function firstBit(value: Buffer, isSet: boolean, { first, last }: BitRange): number | undefined {
  const passed = isSet ? 0 : 0xff;
  let position = first;
  while (position <= last) {
    const byte = value[position >> 3] ?? 0;
    if (byte === passed) {
      position = ((position >> 3) + 1) * 8;
      continue;
    }
    if (((byte >> (7 - (position & 7))) & 1) === (isSet ? 1 : 0)) return position;
    position += 1;
  }
  return undefined;
}
