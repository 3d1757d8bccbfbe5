/** SELECT index: the database that the further requests of the connection work on. */
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import { databaseIndex, parseIndex } from "../database-index.ts";
import type { Handler } from "../handler.ts";

export const select = {
  name: "SELECT",
  run: ({ args, databases, server, session }) => {
    const word = argument(args, 1);
    if (server.cluster !== undefined && (parseIndex(word) ?? 0) !== 0)
      throw errors.notInClusterMode("SELECT");
    session.database = databaseIndex(word, databases);
    return OK;
  },
} as const satisfies Handler;
