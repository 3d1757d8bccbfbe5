/** DISCARD: drops the queue and ends all watching. */

import { dropQueue } from "../../clients/session.ts";
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

export const discard = {
  name: "DISCARD",
  run: ({ session, server }) => {
    if (session.queue === undefined) throw errors.withoutMulti("DISCARD");
    dropQueue(session);
    server.watches.unwatch(session);
    return OK;
  },
} as const satisfies Handler;
