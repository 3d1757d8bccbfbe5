/** Logging in, by AUTH and by HELLO. */
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { clientLine } from "./client-lines.ts";

/** The session is the user's from now on. @throws ReplyError WRONGPASS, which the ACL log tells of */
export function authenticate(
  { args, session, server, nowMs, mayWait }: Call,
  { user: name, password }: { readonly user: Buffer; readonly password: Buffer },
): void {
  const user = server.users.authenticate(name.toString("latin1"), password.toString("latin1"));
  if (user === undefined) {
    const event = {
      reason: "auth",
      context: mayWait ? "toplevel" : "multi",
      object: argument(args, 0),
      user: name.toString("latin1"),
      client: clientLine(session, server, nowMs).trimEnd(),
    } as const;
    server.aclLog.add(event, nowMs, server.config.get("acllog-max-len"));
    throw errors.wrongPassword();
  }
  if (session.user !== user && !server.userLimits.admitsConnection(user)) {
    throw errors.tooManyConnections(name);
  }
  session.user = user;
  session.isAuthenticated = true;
}
