/** FLUSHALL [ASYNC | SYNC]: removes every key of every database, in every partition that the server holds. */
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { emptyDatabase } from "./emptying.ts";
import { checkFlushArguments } from "./flush-arguments.ts";

export const flushall = {
  name: "FLUSHALL",
  run: (call) => {
    checkFlushArguments(call.args);
    for (const databases of call.everywhere())
      for (let index = 0; index < databases.count; index += 1) emptyDatabase(databases, index);
    return OK;
  },
} as const satisfies Handler;
