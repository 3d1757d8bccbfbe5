/** UNWATCH: ends all watching of the session. */
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

export const unwatch = {
  name: "UNWATCH",
  run: ({ session, server, mayWait }) => {
    // EXEC itself ends the watching, when all of it has run.
    if (mayWait) server.watches.unwatch(session);
    return OK;
  },
} as const satisfies Handler;
