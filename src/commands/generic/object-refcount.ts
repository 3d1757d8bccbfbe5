/** OBJECT REFCOUNT key: 1, as nothing is shared; null without the key. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { lookSilently } from "../values.ts";

export const objectRefcount = {
  name: "OBJECT|REFCOUNT",
  run: (call) => (lookSilently(call, argument(call.args, 2)) === undefined ? null : 1),
} as const satisfies Handler;
