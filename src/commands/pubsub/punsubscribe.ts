/** PUNSUBSCRIBE [pattern [pattern …]]: ends subscriptions to these patterns, or to all. */
import type { Handler } from "../handler.ts";
import { unsubscribe } from "./subscribing.ts";

export const punsubscribe = {
  name: "PUNSUBSCRIBE",
  run: (call) => unsubscribe(call, "pattern", "punsubscribe"),
} as const satisfies Handler;
