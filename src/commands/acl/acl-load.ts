/** ACL LOAD: reads the ACL file anew; users that are gone lose their sessions. A file with a fault changes nothing. */
import { replaceUsers } from "../../clients/users/effects.ts";
import { readUsers } from "../../clients/users/starting.ts";
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { aclFileOf, reachOf } from "./reach.ts";

export const aclLoad = {
  name: "ACL|LOAD",
  run: (call) => {
    const path = aclFileOf(call);
    const read = readUsers(call.server.users, path, call.server.files);
    if (typeof read === "string") throw errors.userFault(Buffer.from(read, "latin1"));
    replaceUsers(reachOf(call), read);
    return OK;
  },
} as const satisfies Handler;
