/** PING [message]: PONG, or the message; to a subscriber in RESP2 in the form of a message. */

import { isSubscriber } from "../../clients/session.ts";
import * as errors from "../../protocol/errors.ts";
import { simple } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

const PONG = simple("PONG");

export const ping = {
  name: "PING",
  run: (call) => {
    if (call.args.length > 2) throw errors.wrongNumberOfArguments("ping");
    if (call.session.protocol === 2 && isSubscriber(call.session)) return ["pong", call.args[1] ?? ""];
    return call.args[1] ?? PONG;
  },
} as const satisfies Handler;
