/** ACL SETUSER username [rule …]: changes a user, all rules or none; makes it if there is none. */
import { changeUser } from "../../clients/users/effects.ts";
import { isUserName } from "../../clients/users/users.ts";
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { reachOf, userName } from "./reach.ts";

export const aclSetuser = {
  name: "ACL|SETUSER",
  run: (call) => {
    const name = userName(argument(call.args, 2));
    if (!isUserName(name)) throw errors.invalidUserName();
    const words = call.args.slice(3).map((word) => word.toString("latin1"));
    const rules = call.server.users.changed(name, words);
    if (typeof rules === "string") throw errors.userFault(Buffer.from(rules, "latin1"));
    changeUser(reachOf(call), name, rules);
    return OK;
  },
} as const satisfies Handler;
