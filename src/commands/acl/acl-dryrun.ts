/** ACL DRYRUN username command [arg …]: whether a user may make a request, without making it. */
import { checkArity, findCommand } from "../../catalogue/catalogue.ts";
import { denialOf } from "../../clients/users/check.ts";
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { nameOf, userName } from "./reach.ts";

export const aclDryrun = {
  name: "ACL|DRYRUN",
  run: ({ args, server }) => {
    const user = server.users.find(userName(argument(args, 2)));
    if (user === undefined) throw errors.userNotFound(argument(args, 2));
    const request = args.slice(3);
    const command = findCommand(server.catalogue, request);
    if (command === undefined) throw errors.commandNotFound(argument(args, 3));
    if (!checkArity(command, request)) throw errors.wrongNumberOfArguments(command.name);
    const denial = denialOf(user, command, request);
    if (denial === undefined) return OK;
    const { reason, object } = denial;
    const what =
      reason === "command" ? "to run the '" : reason === "definition" ? "to use the '" : "to access the '";
    return Buffer.concat([
      Buffer.from("User "),
      nameOf(user),
      Buffer.from(` has no permissions ${what}`),
      object,
      Buffer.from(`' ${reason}`),
    ]);
  },
} as const satisfies Handler;
