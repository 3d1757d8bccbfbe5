/** Running a function by its name. */
import { findFunction } from "../../keyspace/libraries.ts";
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import { flagsNamed } from "../../scripts/shebang.ts";
import { argument } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { checkFlags, keysAndArguments, runScript } from "./run-script.ts";

export function callFunction(call: Call, isReadOnly: boolean): Reply {
  const { args, databases, server } = call;
  const called = findFunction(databases.transaction, argument(args, 1).toString("latin1"));
  if (called === undefined) throw errors.functionNotFound();
  const { keys, args: rest } = keysAndArguments(args, errors.badKeyCount);
  const { library, found } = called;
  const flags = flagsNamed(found.flags);
  checkFlags(call, flags, isReadOnly);
  return runScript(call, flags, isReadOnly, (host) =>
    server.functions.run(library, found.name, { keys, args: rest, host }),
  );
}
