/** The arguments of FLUSHDB and FLUSHALL. */
import * as errors from "../../protocol/errors.ts";
import { token } from "../arguments.ts";

/**
 * Reads [ASYNC | SYNC], which makes no difference here: what was in a database is gone at once, and its space is
 * given back piece by piece. @throws ReplyError syntax error for anything else
 */
export function checkFlushArguments(args: readonly Buffer[]): void {
  const mode = token(args[1]);
  if (args.length > 2 || (args.length === 2 && mode !== "ASYNC" && mode !== "SYNC")) {
    throw errors.syntaxError();
  }
}
