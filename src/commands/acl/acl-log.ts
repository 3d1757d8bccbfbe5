/** ACL LOG [count | RESET]: what users were refused, the newest first. */
import type { AclLogEntry } from "../../clients/users/acl-log.ts";
import * as errors from "../../protocol/errors.ts";
import { map, OK, type Reply } from "../../protocol/reply.ts";
import { safeInteger, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";

const COUNT_DEFAULT = 10;

export const aclLog = {
  name: "ACL|LOG",
  run: ({ args, server, nowMs }) => {
    if (args.length > 3) throw errors.unknownSubcommandOrArity("ACL", args[1] ?? Buffer.alloc(0));
    const given = args[2];
    if (token(given) === "RESET") {
      server.aclLog.clear();
      return OK;
    }
    const count = given === undefined ? COUNT_DEFAULT : Math.max(0, safeInteger(given));
    return server.aclLog.newest(count).map((entry) => entryReply(entry, nowMs));
  },
} as const satisfies Handler;

function entryReply(entry: AclLogEntry, nowMs: number): Reply {
  return map([
    ["count", entry.count],
    ["reason", entry.reason],
    ["context", entry.context],
    ["object", entry.object],
    ["username", Buffer.from(entry.user, "latin1")],
    ["age-seconds", { kind: "double", value: Math.max(0, nowMs - entry.updatedMs) / 1000 }],
    ["client-info", entry.client],
    ["entry-id", entry.id],
    ["timestamp-created", entry.createdMs],
    ["timestamp-last-updated", entry.updatedMs],
  ]);
}
