/** PUBSUB SHARDNUMSUB [shardchannel [shardchannel …]]: how many are subscribed to each shard channel. */
import type { Handler } from "../handler.ts";
import { subscriberCounts } from "./channel-lists.ts";

export const pubsubShardnumsub = {
  name: "PUBSUB|SHARDNUMSUB",
  run: (call) => subscriberCounts(call, "shard"),
} as const satisfies Handler;
