/** AUTH [username] password: authenticates the connection. */
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { authenticate } from "./authenticate.ts";

const DEFAULT_USER = Buffer.from("default");

export const auth = {
  name: "AUTH",
  run: (call) => {
    const { args, server } = call;
    if (args.length > 3) throw errors.syntaxError();
    if (args.length === 2 && server.users.default.rules.hasNoPassword) throw errors.authWithoutPassword();
    const user = args.length === 2 ? DEFAULT_USER : argument(args, 1);
    authenticate(call, { user, password: argument(args, args.length - 1) });
    return OK;
  },
} as const satisfies Handler;
