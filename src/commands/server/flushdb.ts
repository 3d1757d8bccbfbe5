/** FLUSHDB [ASYNC | SYNC]: removes every key of the selected database, in every partition that the server holds. */
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { emptyDatabase } from "./emptying.ts";
import { checkFlushArguments } from "./flush-arguments.ts";

export const flushdb = {
  name: "FLUSHDB",
  run: (call) => {
    checkFlushArguments(call.args);
    for (const databases of call.everywhere()) emptyDatabase(databases, call.session.database);
    return OK;
  },
} as const satisfies Handler;
