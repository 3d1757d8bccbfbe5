/** MSET key value [key value …]: makes all keys strings. */
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { pairsOf } from "./pairs.ts";
import { setString } from "./write-string.ts";

export const mset = {
  name: "MSET",
  run: (call) => {
    for (const [key, value] of pairsOf(call.args, "mset")) setString(call, key, value);
    return OK;
  },
} as const satisfies Handler;
