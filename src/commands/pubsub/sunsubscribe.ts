/** SUNSUBSCRIBE [shardchannel [shardchannel …]]: ends subscriptions to these shard channels, or to all. */
import type { Handler } from "../handler.ts";
import { unsubscribe } from "./subscribing.ts";

export const sunsubscribe = {
  name: "SUNSUBSCRIBE",
  run: (call) => unsubscribe(call, "shard", "sunsubscribe"),
} as const satisfies Handler;
