/** CLIENT GETREDIR: the id of the connection that gets the invalidations of this one; 0: itself, -1: no tracking. */
import type { Handler } from "../handler.ts";

export const clientGetredir = {
  name: "CLIENT|GETREDIR",
  run: ({ session }) => session.tracking?.redirect ?? -1,
} as const satisfies Handler;
