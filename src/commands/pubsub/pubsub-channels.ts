/** PUBSUB CHANNELS [pattern]: the channels that somebody is subscribed to. */
import type { Handler } from "../handler.ts";
import { channelNames } from "./channel-lists.ts";

export const pubsubChannels = {
  name: "PUBSUB|CHANNELS",
  run: (call) => channelNames(call, "channel"),
} as const satisfies Handler;
