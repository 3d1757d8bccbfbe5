/**
 * SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]: ends the server. There is no reply: the connection closes. What was
 * acknowledged is on disk in any case, so NOSAVE has nothing to leave out; a store that has failed is left by FORCE
 * and NOSAVE alone, since somebody should look at it first.
 */
import * as errors from "../../protocol/errors.ts";
import { NONE } from "../../protocol/reply.ts";
import { token } from "../arguments.ts";
import type { Handler } from "../handler.ts";

const OPTIONS = ["NOSAVE", "SAVE", "NOW", "FORCE", "ABORT"];

export const shutdown = {
  name: "SHUTDOWN",
  run: ({ args, server }) => {
    const options = args.slice(1).map(token);
    const has = (option: string) => options.includes(option);
    if (options.some((option) => !OPTIONS.includes(option))) throw errors.syntaxError();
    if ((has("ABORT") && options.length > 1) || (has("SAVE") && has("NOSAVE"))) throw errors.syntaxError();
    // From the request on there is no way back, so there is never one to call off.
    if (has("ABORT")) throw errors.noShutdown();
    if (server.partitions.failure !== undefined && !has("FORCE") && !has("NOSAVE"))
      throw errors.shutdownFailed();
    server.shutdown();
    return NONE;
  },
} as const satisfies Handler;
