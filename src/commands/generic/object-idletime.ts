/**
 * OBJECT IDLETIME key: for how many seconds it was not read or written. Where that is not known, as of most keys after a
 * start and of those beyond some ten thousand, at least so long. null without the key.
 */
import { bytesOf } from "../../base/bytes.ts";
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { lookSilently } from "../values.ts";

export const objectIdletime = {
  name: "OBJECT|IDLETIME",
  run: (call) => {
    if (lookSilently(call, argument(call.args, 2)) === undefined) return null;
    if (call.server.config.get("maxmemory-policy").endsWith("-lfu")) throw errors.idleTimeNotTracked();
    return call.server.keyUses.idleSeconds(call.db.index, bytesOf(argument(call.args, 2)), call.nowMs);
  },
} as const satisfies Handler;
