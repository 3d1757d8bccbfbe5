/** GETBIT key offset: a bit of a string. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { stringAt } from "../values.ts";
import { bitOffset } from "./bits.ts";

export const getbit = {
  name: "GETBIT",
  run: (call) => {
    const offset = bitOffset(call, argument(call.args, 2));
    const byte = stringAt(call, argument(call.args, 1))?.[Math.floor(offset / 8)] ?? 0;
    return (byte >> (7 - (offset % 8))) & 1;
  },
} as const satisfies Handler;
