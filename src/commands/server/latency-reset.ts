/** LATENCY RESET [event [event …]]: forgets slow moments, of all kinds or of those named. */
import type { Handler } from "../handler.ts";

export const latencyReset = {
  name: "LATENCY|RESET",
  run: ({ args, server }) => server.latencyLog.forget(args.slice(2).map((name) => name.toString("latin1"))),
} as const satisfies Handler;
