/** SCRIPT FLUSH [ASYNC | SYNC]: forgets all scripts. */
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { checkFlushMode } from "./flush-mode.ts";

export const scriptFlush = {
  name: "SCRIPT|FLUSH",
  run: (call) => {
    checkFlushMode(call.args, errors.scriptFlushOption);
    call.server.scripts.flush();
    return OK;
  },
} as const satisfies Handler;
