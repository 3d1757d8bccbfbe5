/** PUBSUB NUMPAT: the number of different patterns that somebody is subscribed to. */
import type { Handler } from "../handler.ts";

export const pubsubNumpat = {
  name: "PUBSUB|NUMPAT",
  run: ({ server }) => server.subscriptions.count("pattern"),
} as const satisfies Handler;
