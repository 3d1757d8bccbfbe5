/** OBJECT FREQ key: refused as Redis refuses it unless it evicts by frequency, when 0: uses are not counted. */
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { lookSilently } from "../values.ts";

export const objectFreq = {
  name: "OBJECT|FREQ",
  run: (call) => {
    if (lookSilently(call, argument(call.args, 2)) === undefined) return null;
    if (!call.server.config.get("maxmemory-policy").endsWith("-lfu")) throw errors.frequencyNotTracked();
    return 0;
  },
} as const satisfies Handler;
