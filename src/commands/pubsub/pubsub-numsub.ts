/** PUBSUB NUMSUB [channel [channel …]]: how many are subscribed to each channel. */
import type { Handler } from "../handler.ts";
import { subscriberCounts } from "./channel-lists.ts";

export const pubsubNumsub = {
  name: "PUBSUB|NUMSUB",
  run: (call) => subscriberCounts(call, "channel"),
} as const satisfies Handler;
