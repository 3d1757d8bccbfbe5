/** SETBIT key offset value: sets or clears a bit; what it was before. */
import * as errors from "../../protocol/errors.ts";
import { argument, parseInteger } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { bitOffset, bitsToWrite } from "./bits.ts";

export const setbit = {
  name: "SETBIT",
  run: (call) => {
    const offset = bitOffset(call, argument(call.args, 2));
    const given = parseInteger(argument(call.args, 3));
    if (given !== 0n && given !== 1n) throw errors.bitNotAnInteger();
    const bits = bitsToWrite(call, argument(call.args, 1), offset);
    const at = Math.floor(offset / 8);
    const mask = 0x80 >> (offset % 8);
    const byte = bits.value[at] ?? 0;
    const before = (byte & mask) === 0 ? 0 : 1;
    if (!bits.hasGrown && before === Number(given)) return before;
    bits.value[at] = given === 1n ? byte | mask : byte & ~mask;
    bits.store(true);
    return before;
  },
} as const satisfies Handler;
