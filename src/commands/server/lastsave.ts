/** LASTSAVE: when SAVE or BGSAVE last made a backup, or the server started, in Unix seconds. */
import type { Handler } from "../handler.ts";

export const lastsave = {
  name: "LASTSAVE",
  run: ({ server }) => Math.floor(server.saving.lastSaveAtMs / 1000),
} as const satisfies Handler;
