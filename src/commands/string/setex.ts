/** SETEX key seconds value: makes the key a string that expires. */
import { bytesOf } from "../../base/bytes.ts";
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import { positiveExpiry } from "../expiry.ts";
import type { Handler } from "../handler.ts";
import { setString } from "./write-string.ts";

export const setex = {
  name: "SETEX",
  run: (call) => {
    const form = { unit: "seconds", from: "now" } as const;
    const context = { nowMs: call.nowMs, command: "setex" };
    const expireAtMs = positiveExpiry(argument(call.args, 2), form, context);
    setString(call, bytesOf(argument(call.args, 1)), argument(call.args, 3), expireAtMs);
    return OK;
  },
} as const satisfies Handler;
