/** MONITOR: from now on the client is shown every request the server runs. RESET or the end of the connection ends it. */
import * as errors from "../../protocol/errors.ts";
import { NONE, OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

export const monitor = {
  name: "MONITOR",
  run: ({ mayWait, server, session }) => {
    if (!mayWait) throw errors.monitorNotAllowed();
    // As with Redis, asking again is not answered.
    if (session.isMonitor) return NONE;
    server.monitors.add(session);
    return OK;
  },
} as const satisfies Handler;
