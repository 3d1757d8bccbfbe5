/** XLEN key: the number of entries, 0 when there is no such key. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { streamAt } from "./streams.ts";

export const xlen = {
  name: "XLEN",
  run: (call) => streamAt(call, argument(call.args, 1))?.header.length ?? 0,
} as const satisfies Handler;
