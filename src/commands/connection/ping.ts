/** PING [message]: PONG, or the message. */
import * as errors from "../../protocol/errors.ts";
import { simple } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

const PONG = simple("PONG");

export const ping = {
  name: "PING",
  run: (call) => {
    if (call.args.length > 2) throw errors.wrongNumberOfArguments("ping");
    return call.args[1] ?? PONG;
  },
} as const satisfies Handler;
