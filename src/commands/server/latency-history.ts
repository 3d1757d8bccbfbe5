/** LATENCY HISTORY event: the recorded slow moments of one kind, oldest first. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const latencyHistory = {
  name: "LATENCY|HISTORY",
  run: ({ args, server }) =>
    server.latencyLog
      .history(argument(args, 2).toString("latin1"))
      .map(({ atSeconds, milliseconds }) => [atSeconds, milliseconds]),
} as const satisfies Handler;
