/** UNSUBSCRIBE [channel [channel …]]: ends subscriptions to these channels, or to all. */
import type { Handler } from "../handler.ts";
import { unsubscribe as unsubscribeFrom } from "./subscribing.ts";

export const unsubscribe = {
  name: "UNSUBSCRIBE",
  run: (call) => unsubscribeFrom(call, "channel", "unsubscribe"),
} as const satisfies Handler;
