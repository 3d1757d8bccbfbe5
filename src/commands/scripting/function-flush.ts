/** FUNCTION FLUSH [ASYNC | SYNC]: removes all libraries, at once in either mode. */
import { allLibraries, removeLibrary } from "../../keyspace/libraries.ts";
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const functionFlush = {
  name: "FUNCTION|FLUSH",
  run: ({ args, databases, server }) => {
    if (args.length > 3) throw errors.unknownSubcommandOrArity("function", argument(args, 1));
    const mode = token(args[2]);
    if (args.length === 3 && mode !== "SYNC" && mode !== "ASYNC") throw errors.functionFlushOption();
    for (const library of [...allLibraries(databases.transaction)])
      removeLibrary(databases.transaction, library);
    server.functions.clear();
    return OK;
  },
} as const satisfies Handler;
