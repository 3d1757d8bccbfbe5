/** ACL DELUSER username [username …]: removes users and ends their sessions; answers how many there were. */
import { removeUser } from "../../clients/users/effects.ts";
import * as errors from "../../protocol/errors.ts";
import type { Handler } from "../handler.ts";
import { reachOf, userName } from "./reach.ts";

export const aclDeluser = {
  name: "ACL|DELUSER",
  run: (call) => {
    const names = call.args.slice(2).map(userName);
    if (names.includes(call.server.users.default.name)) throw errors.defaultUserStays();
    const reach = reachOf(call);
    return names.filter((name) => removeUser(reach, name)).length;
  },
} as const satisfies Handler;
