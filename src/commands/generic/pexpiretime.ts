/** PEXPIRETIME key: when the key expires, as a Unix time in milliseconds; -1 when it does not expire, -2 when there is no such key. */
import type { Handler } from "../handler.ts";
import { readExpiry } from "./read-expiry.ts";

export const pexpiretime = {
  name: "PEXPIRETIME",
  run: (call) => readExpiry(call, { unit: "milliseconds", from: "epoch" }),
} as const satisfies Handler;
