/** CONFIG RESETSTAT: the counters that INFO shows begin anew. */

import { resetStatistics } from "../../metrics/statistics.ts";
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

export const configResetstat = {
  name: "CONFIG|RESETSTAT",
  run: ({ server, nowMs }) => {
    resetStatistics(server.statistics);
    server.flow.reset(nowMs);
    return OK;
  },
} as const satisfies Handler;
