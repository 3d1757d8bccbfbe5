/** LASTSAVE: when SAVE or BGSAVE last succeeded, or the server started, in Unix seconds. */
import type { Handler } from "../handler.ts";

export const lastsave = {
  name: "LASTSAVE",
  run: ({ server }) => Math.floor(server.statistics.lastSaveAtMs / 1000),
} as const satisfies Handler;
