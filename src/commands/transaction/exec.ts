/** EXEC: runs the queued requests, each for itself; null when a watched key was changed. */

import { dropQueue } from "../../clients/session.ts";
import * as errors from "../../protocol/errors.ts";
import { NULL_ARRAY } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

export const exec = {
  name: "EXEC",
  run: (call) => {
    const { session, server } = call;
    const queue = session.queue;
    if (queue === undefined) throw errors.withoutMulti("EXEC");
    const { isQueueBroken } = session;
    const isWatchBroken = server.watches.isBroken(session, (key) => call.placeOf(key));
    dropQueue(session);
    const mayRun = !isQueueBroken && !isWatchBroken;
    // A read that misses leaves what is watched: it counts again when EXEC is run again.
    const replies = mayRun ? queue.map((args) => call.execute(args)) : [];
    server.watches.unwatch(session);
    if (isQueueBroken) throw errors.execAborted();
    return isWatchBroken ? NULL_ARRAY : replies;
  },
} as const satisfies Handler;
