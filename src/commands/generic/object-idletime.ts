/** OBJECT IDLETIME key: 0, as no time of last use is kept: a look at a key would have to write. null without the key. */
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { lookSilently } from "../values.ts";

export const objectIdletime = {
  name: "OBJECT|IDLETIME",
  run: (call) => {
    if (lookSilently(call, argument(call.args, 2)) === undefined) return null;
    if (call.server.config.get("maxmemory-policy").endsWith("-lfu")) throw errors.idleTimeNotTracked();
    return 0;
  },
} as const satisfies Handler;
