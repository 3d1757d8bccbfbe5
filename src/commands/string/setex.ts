/** SETEX key seconds value: makes the key a string that expires. */
import type { Handler } from "../handler.ts";
import { setExpiring } from "./write-string.ts";

export const setex = {
  name: "SETEX",
  run: (call) => setExpiring(call, "seconds"),
} as const satisfies Handler;
