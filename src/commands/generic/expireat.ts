/** EXPIREAT key unix-time-seconds [NX | XX] [GT | LT]: sets when a key expires, as a Unix time in seconds. */
import type { Handler } from "../handler.ts";
import { setExpiry } from "./set-expiry.ts";

export const expireat = {
  name: "EXPIREAT",
  run: (call) => setExpiry(call, { unit: "seconds", from: "epoch" }, "expireat"),
} as const satisfies Handler;
