/** FLUSHDB [ASYNC | SYNC]: removes every key of the selected database. */
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { checkFlushArguments } from "./flush-arguments.ts";

export const flushdb = {
  name: "FLUSHDB",
  run: ({ args, databases, session }) => {
    checkFlushArguments(args);
    databases.flush(session.database);
    return OK;
  },
} as const satisfies Handler;
