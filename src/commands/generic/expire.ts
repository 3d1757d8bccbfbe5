/** EXPIRE key seconds [NX | XX] [GT | LT]: sets when a key expires, counted from now in seconds. */
import type { Handler } from "../handler.ts";
import { setExpiry } from "./set-expiry.ts";

export const expire = {
  name: "EXPIRE",
  run: (call) => setExpiry(call, { unit: "seconds", from: "now" }, "expire"),
} as const satisfies Handler;
