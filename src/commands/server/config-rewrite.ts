/** CONFIG REWRITE: brings the configuration file up to date. */

import { configLines } from "../../clients/users/starting.ts";
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { acceptOutcome } from "./config-outcome.ts";

export const configRewrite = {
  name: "CONFIG|REWRITE",
  run: ({ server }) => {
    acceptOutcome(server.config.rewrite(new Map([["user", configLines(server)]])));
    return OK;
  },
} as const satisfies Handler;
