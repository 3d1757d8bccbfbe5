/** MULTI: the requests from here to EXEC are queued. */

import { dropQueue } from "../../clients/session.ts";
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

export const multi = {
  name: "MULTI",
  run: ({ session }) => {
    if (session.queue !== undefined) throw errors.nestedMulti();
    dropQueue(session);
    session.queue = [];
    return OK;
  },
} as const satisfies Handler;
