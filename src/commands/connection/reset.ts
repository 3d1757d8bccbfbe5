/** RESET: the session is as it was when the connection came in. */

import { dropQueue } from "../../clients/session.ts";
import { simple } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

export const reset = {
  name: "RESET",
  run: ({ session, server }) => {
    dropQueue(session);
    server.watches.unwatch(session);
    server.subscriptions.forget(session);
    server.monitors.remove(session);
    server.tracking.disable(session);
    session.database = 0;
    session.protocol = 2;
    session.name = "";
    // The request after CLIENT REPLY SKIP has no reply, and this may be the one.
    if (session.replyMode !== "skipped") session.replyMode = "on";
    session.isNoEvict = false;
    session.isNoTouch = false;
    session.isReplicaReader = false;
    session.user = server.users.default;
    session.isAuthenticated = !server.users.needsLogin;
    return simple("RESET");
  },
} as const satisfies Handler;
