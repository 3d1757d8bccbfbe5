/** FLUSHALL [ASYNC | SYNC]: removes every key of every database. */
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { checkFlushArguments } from "./flush-arguments.ts";

export const flushall = {
  name: "FLUSHALL",
  run: ({ args, databases }) => {
    checkFlushArguments(args);
    for (let index = 0; index < databases.count; index += 1) databases.flush(index);
    return OK;
  },
} as const satisfies Handler;
