/**
 * OBJECT FREQ key: how often it was used recently, on the logarithmic scale of Redis; refused, as there, unless
 * `maxmemory-policy` is one that goes by frequency. Nothing is evicted either way.
 */
import { bytesOf } from "../../base/bytes.ts";
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { lookSilently } from "../values.ts";

export const objectFreq = {
  name: "OBJECT|FREQ",
  run: (call) => {
    if (lookSilently(call, argument(call.args, 2)) === undefined) return null;
    if (!call.server.config.get("maxmemory-policy").endsWith("-lfu")) throw errors.frequencyNotTracked();
    return call.server.keyUses.frequency(call.db.index, bytesOf(argument(call.args, 2)), call.nowMs);
  },
} as const satisfies Handler;
