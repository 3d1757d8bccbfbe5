/** EXPIRETIME key: when the key expires, as a Unix time in seconds; -1 when it does not expire, -2 when there is no such key. */
import type { Handler } from "../handler.ts";
import { readExpiry } from "./read-expiry.ts";

export const expiretime = {
  name: "EXPIRETIME",
  run: (call) => readExpiry(call, { unit: "seconds", from: "epoch" }),
} as const satisfies Handler;
