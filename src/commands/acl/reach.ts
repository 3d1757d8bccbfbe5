/** What the ACL commands have in common. */

import type { Reach } from "../../clients/users/effects.ts";
import { aclFilePath } from "../../clients/users/starting.ts";
import type { User } from "../../clients/users/user.ts";
import * as errors from "../../protocol/errors.ts";
import type { Call } from "../handler.ts";

/** A change of users made by a call. */
export function reachOf({ server, session }: Call): Reach {
  return { users: server.users, sessions: server.sessions, self: session };
}

export function nameOf({ name }: User): Buffer {
  return Buffer.from(name, "latin1");
}

/** A name in a request, as users are called. */
export function userName(bytes: Buffer): string {
  return bytes.toString("latin1");
}

/** The path of the ACL file. @throws ReplyError when none is configured */
export function aclFileOf({ server }: Call): string {
  const path = aclFilePath(server);
  if (path === undefined) throw errors.withoutAclFile();
  return path;
}
