/** GET key: the value of a string key, or null. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { stringAt } from "../values.ts";

export const get = {
  name: "GET",
  run: (call) => stringAt(call, argument(call.args, 1)) ?? null,
} as const satisfies Handler;
