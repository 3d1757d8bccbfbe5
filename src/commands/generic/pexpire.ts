/** PEXPIRE key milliseconds [NX | XX] [GT | LT]: sets when a key expires, counted from now in milliseconds. */
import type { Handler } from "../handler.ts";
import { setExpiry } from "./set-expiry.ts";

export const pexpire = {
  name: "PEXPIRE",
  run: (call) => setExpiry(call, { unit: "milliseconds", from: "now" }, "pexpire"),
} as const satisfies Handler;
