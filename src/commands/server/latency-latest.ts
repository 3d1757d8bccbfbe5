/** LATENCY LATEST: the newest slow moment of each kind of event, and the longest. */
import type { Handler } from "../handler.ts";

export const latencyLatest = {
  name: "LATENCY|LATEST",
  run: ({ server }) =>
    server.latencyLog
      .latest()
      .map(({ event, last, millisecondsMax }) => [event, last.atSeconds, last.milliseconds, millisecondsMax]),
} as const satisfies Handler;
