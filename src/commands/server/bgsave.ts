/**
 * BGSAVE [SCHEDULE]: begins a backup in `dir`, which another process makes. SCHEDULE waits for a rewrite of the
 * append-only file, of which there is none.
 */
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
    const { refusal } = call.server.saving;
    if (refusal !== undefined) throw errors.saveFailed(refusal);
    if (call.server.saving.isRunning) throw errors.saveInProgress();
    flushStore(call);
    void call.server.saving.begin();
    return simple("Background saving started");
  },
} as const satisfies Handler;
