/** PEXPIREAT key unix-time-milliseconds [NX | XX] [GT | LT]: sets when a key expires, as a Unix time in milliseconds. */
import type { Handler } from "../handler.ts";
import { setExpiry } from "./set-expiry.ts";

export const pexpireat = {
  name: "PEXPIREAT",
  run: (call) => setExpiry(call, { unit: "milliseconds", from: "epoch" }, "pexpireat"),
} as const satisfies Handler;
