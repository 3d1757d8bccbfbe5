/** SCRIPT FLUSH [ASYNC | SYNC]: forgets all scripts, at once in either mode. */
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { token } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const scriptFlush = {
  name: "SCRIPT|FLUSH",
  run: ({ args, server }) => {
    const mode = token(args[2]);
    if (args.length > 3 || (args.length === 3 && mode !== "SYNC" && mode !== "ASYNC")) {
      throw errors.scriptFlushOption();
    }
    server.scripts.flush();
    return OK;
  },
} as const satisfies Handler;
