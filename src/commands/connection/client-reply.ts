/** CLIENT REPLY <ON | OFF | SKIP>: whether replies are sent. Only ON is itself answered. */
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { token } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const clientReply = {
  name: "CLIENT|REPLY",
  run: ({ args, session }) => {
    const mode = token(args[2]);
    if (mode === "ON") session.replyMode = "on";
    else if (mode === "OFF") session.replyMode = "off";
    else if (mode !== "SKIP") throw errors.syntaxError();
    // Where nothing is answered there is nothing to skip.
    else if (session.replyMode !== "off") session.replyMode = "skip";
    return OK;
  },
} as const satisfies Handler;
