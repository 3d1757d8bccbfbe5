/** SLOWLOG LEN: the number of slow commands on record. */
import type { Handler } from "../handler.ts";

export const slowlogLen = {
  name: "SLOWLOG|LEN",
  run: ({ server }) => server.slowLog.length,
} as const satisfies Handler;
