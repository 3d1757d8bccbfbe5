/** SELECT index: the database that the further requests of the connection work on. */
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import { databaseIndex } from "../database-index.ts";
import type { Handler } from "../handler.ts";

export const select = {
  name: "SELECT",
  run: ({ args, databases, session }) => {
    session.database = databaseIndex(argument(args, 1), databases);
    return OK;
  },
} as const satisfies Handler;
