/** DBSIZE: the number of keys. Those past their expiry count until they are removed. */
import type { Handler } from "../handler.ts";

export const dbsize = {
  name: "DBSIZE",
  run: (call) => call.db.size,
} as const satisfies Handler;
