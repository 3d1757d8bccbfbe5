/** TTL key: seconds until the key expires; -1 when it does not expire, -2 when there is no such key. */
import type { Handler } from "../handler.ts";
import { readExpiry } from "./read-expiry.ts";

export const ttl = {
  name: "TTL",
  run: (call) => readExpiry(call, { unit: "seconds", from: "now" }),
} as const satisfies Handler;
