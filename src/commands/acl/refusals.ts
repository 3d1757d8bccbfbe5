/** What the ACL log records: requests and passwords that were refused. */
import type { AclEvent } from "../../clients/users/acl-log.ts";
import { clientLine } from "../connection/client-lines.ts";
import type { Call } from "../handler.ts";

/** Notes what a session was refused. */
export function noteRefusal(
  { server, session, nowMs }: Pick<Call, "server" | "session" | "nowMs">,
  event: Omit<AclEvent, "client">,
): void {
  const client = clientLine(session, server, nowMs).trimEnd();
  server.aclLog.add({ ...event, client }, nowMs, server.config.get("acllog-max-len"));
}
