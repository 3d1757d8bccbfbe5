/** SLOWLOG RESET: forgets the slow commands. */
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

export const slowlogReset = {
  name: "SLOWLOG|RESET",
  run: ({ server }) => {
    server.slowLog.clear();
    return OK;
  },
} as const satisfies Handler;
