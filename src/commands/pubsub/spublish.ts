/** SPUBLISH shardchannel message: sends a message to the subscribers of a shard channel; answers how many got it. */
import { bytesOf } from "../../base/bytes.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const spublish = {
  name: "SPUBLISH",
  run: ({ args, server }) =>
    server.subscriptions.publishToShard(bytesOf(argument(args, 1)), argument(args, 2)),
} as const satisfies Handler;
