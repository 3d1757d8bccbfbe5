/** PUBSUB SHARDCHANNELS [pattern]: the shard channels that somebody is subscribed to. */
import type { Handler } from "../handler.ts";
import { channelNames } from "./channel-lists.ts";

export const pubsubShardchannels = {
  name: "PUBSUB|SHARDCHANNELS",
  run: (call) => channelNames(call, "shard"),
} as const satisfies Handler;
