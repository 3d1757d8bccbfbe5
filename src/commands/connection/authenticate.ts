/** Logging in, by AUTH and by HELLO. */
import * as errors from "../../protocol/errors.ts";
import { noteRefusal } from "../acl/refusals.ts";
import { argument } from "../arguments.ts";
import type { Call } from "../handler.ts";

/** The session is the user's from now on. @throws ReplyError WRONGPASS, which the ACL log tells of */
export function authenticate(
  call: Call,
  { user: name, password }: { readonly user: Buffer; readonly password: Buffer },
): void {
  const { args, session, server, mayWait } = call;
  const user = server.users.authenticate(name.toString("latin1"), password.toString("latin1"));
  if (user === undefined) {
    noteRefusal(call, {
      reason: "auth",
      context: mayWait ? "toplevel" : "multi",
      object: argument(args, 0),
      user: name.toString("latin1"),
    });
    throw errors.wrongPassword();
  }
  if (session.user !== user && !server.userLimits.admitsConnection(user)) {
    throw errors.tooManyConnections(name);
  }
  session.user = user;
  session.isAuthenticated = true;
}
