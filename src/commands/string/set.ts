import { bytesOf } from "../../base/bytes.ts";
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const set = {
  name: "SET",
  run: (call) => {
    call.db.put(
      bytesOf(argument(call.args, 1)),
      { type: "string", payload: argument(call.args, 2), expireAtMs: 0 },
      "set",
    );
    return OK;
  },
} as const satisfies Handler;
