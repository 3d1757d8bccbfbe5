/** CLIENT UNBLOCK client-id [TIMEOUT | ERROR]: ends the wait of another connection; 1 when it did wait. */
import * as errors from "../../protocol/errors.ts";
import { argument, integer, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const clientUnblock = {
  name: "CLIENT|UNBLOCK",
  run: ({ args, server }) => {
    const mode = args.length > 3 ? token(args[3]) : "TIMEOUT";
    if (args.length > 4) throw errors.unknownSubcommandOrArity("CLIENT", argument(args, 1));
    if (mode !== "TIMEOUT" && mode !== "ERROR") throw errors.invalidUnblockReason();
    const id = Number(integer(argument(args, 2)));
    return server.waiters.unblock(id, mode === "ERROR" ? "error" : "timeout") ? 1 : 0;
  },
} as const satisfies Handler;
