/** PUBLISH channel message: sends a message to the subscribers; answers how many got it. */
import { bytesOf } from "../../base/bytes.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const publish = {
  name: "PUBLISH",
  run: ({ args, server }) => server.subscriptions.publish(bytesOf(argument(args, 1)), argument(args, 2)),
} as const satisfies Handler;
