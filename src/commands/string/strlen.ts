/** STRLEN key: the length of a string in bytes, 0 when there is no such key. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { stringAt } from "../values.ts";

export const strlen = {
  name: "STRLEN",
  run: (call) => stringAt(call, argument(call.args, 1))?.length ?? 0,
} as const satisfies Handler;
