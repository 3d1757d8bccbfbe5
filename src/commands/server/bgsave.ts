/** BGSAVE [SCHEDULE]: as SAVE. There is no process to start: what has to reach the disk is little. */
import * as errors from "../../protocol/errors.ts";
import { simple } from "../../protocol/reply.ts";
import { token } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { flushStore } from "./flush-store.ts";

export const bgsave = {
  name: "BGSAVE",
  run: (call) => {
    const { args } = call;
    if (args.length > 2 || (args.length === 2 && token(args[1]) !== "SCHEDULE")) throw errors.syntaxError();
    flushStore(call);
    return simple("Background saving started");
  },
} as const satisfies Handler;
