/** How many arguments a request may have. */
import { checkArity } from "../catalogue/catalogue.ts";
import { type Command, FLAG, hasFlag } from "../catalogue/command.ts";
import type { Session } from "../clients/session.ts";
import type { ServerContext } from "../commands/server-context.ts";

/** Whether a request is refused for the number of its arguments. */
export function hasWrongArity(
  server: ServerContext,
  session: Session,
  command: Command,
  args: readonly Buffer[],
): boolean {
  return !checkArity(command, args) && !isQueuedUnchecked(server, session, command);
}

/** To Redis a module's commands take any number of arguments: within MULTI only EXEC finds out. */
function isQueuedUnchecked(server: ServerContext, session: Session, command: Command): boolean {
  return (
    session.queue !== undefined &&
    hasFlag(command, FLAG.MODULE) &&
    server.config.values["sm-compat"] === "module"
  );
}
