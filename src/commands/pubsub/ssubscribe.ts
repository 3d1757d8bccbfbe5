/** SSUBSCRIBE shardchannel [shardchannel …]: the session gets the messages published to the shard channels. */
import * as errors from "../../protocol/errors.ts";
import type { Handler } from "../handler.ts";
import { subscribe } from "./subscribing.ts";

export const ssubscribe = {
  name: "SSUBSCRIBE",
  run: (call) => {
    if (!call.mayWait) throw errors.ssubscribeInMulti();
    return subscribe(call, "shard", "ssubscribe");
  },
} as const satisfies Handler;
