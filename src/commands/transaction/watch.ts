/** WATCH key [key …]: EXEC runs only if none of them has changed until then. */
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

export const watch = {
  name: "WATCH",
  run: ({ args, session, db, server }) => {
    if (session.queue !== undefined) throw errors.watchInMulti();
    for (const key of args.slice(1)) server.watches.watch(session, key, db);
    return OK;
  },
} as const satisfies Handler;
