/** CLIENT SETNAME connection-name: gives this connection a name; the empty one takes it away. */
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { isPrintable } from "./client-name.ts";

export const clientSetname = {
  name: "CLIENT|SETNAME",
  run: ({ args, session }) => {
    const name = argument(args, 2);
    if (!isPrintable(name)) throw errors.invalidClientName();
    session.name = name.toString("latin1");
    return OK;
  },
} as const satisfies Handler;
