/** PSETEX key milliseconds value: makes the key a string that expires. */
import type { Handler } from "../handler.ts";
import { setExpiring } from "./write-string.ts";

export const psetex = {
  name: "PSETEX",
  run: (call) => setExpiring(call, "milliseconds"),
} as const satisfies Handler;
