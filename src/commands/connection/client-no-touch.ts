/** CLIENT NO-TOUCH <ON | OFF>: remembered and shown; no access times are kept that it could spare. */
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { isOn } from "./on-off.ts";

export const clientNoTouch = {
  name: "CLIENT|NO-TOUCH",
  run: ({ args, session }) => {
    session.isNoTouch = isOn(argument(args, 2));
    return OK;
  },
} as const satisfies Handler;
