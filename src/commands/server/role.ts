/** ROLE: the part the server plays in replication, which is that of a master without replicas. */
import type { Handler } from "../handler.ts";

export const role = {
  name: "ROLE",
  run: () => ["master", 0, []],
} as const satisfies Handler;
