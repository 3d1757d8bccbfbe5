/** CLIENT NO-EVICT <ON | OFF>: remembered and shown; nothing is evicted here in any case. */
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { isOn } from "./on-off.ts";

export const clientNoEvict = {
  name: "CLIENT|NO-EVICT",
  run: ({ args, session }) => {
    session.isNoEvict = isOn(argument(args, 2));
    return OK;
  },
} as const satisfies Handler;
