/** DBSIZE: the number of keys. Those past their expiry count until they are removed. */
import { everyDatabase } from "../everywhere.ts";
import type { Handler } from "../handler.ts";

export const dbsize = {
  name: "DBSIZE",
  run: (call) => everyDatabase(call).reduce((sum, { size }) => sum + size, 0),
} as const satisfies Handler;
