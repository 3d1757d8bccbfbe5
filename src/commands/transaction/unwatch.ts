/** UNWATCH: ends all watching of the session. */
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

export const unwatch = {
  name: "UNWATCH",
  run: ({ session, server }) => {
    server.watches.unwatch(session);
    return OK;
  },
} as const satisfies Handler;
