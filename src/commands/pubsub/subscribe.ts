/** SUBSCRIBE channel [channel …]: the session gets the messages published to the channels. */
import type { Handler } from "../handler.ts";
import { subscribe as subscribeTo } from "./subscribing.ts";

export const subscribe = {
  name: "SUBSCRIBE",
  run: (call) => subscribeTo(call, "channel", "subscribe"),
} as const satisfies Handler;
