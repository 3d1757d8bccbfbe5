/** PSUBSCRIBE pattern [pattern …]: the session gets the messages published to channels that match. */
import type { Handler } from "../handler.ts";
import { subscribe } from "./subscribing.ts";

export const psubscribe = {
  name: "PSUBSCRIBE",
  run: (call) => subscribe(call, "pattern", "psubscribe"),
} as const satisfies Handler;
