/** What PUBSUB tells of channels and, alike, of shard channels. */
import { bufferOf, bytesOf } from "../../base/bytes.ts";
import { globMatcher } from "../../base/glob.ts";
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Call } from "../handler.ts";

/** The channels with subscribers, those that match the pattern if the request has one. */
export function channelNames({ args, server }: Call, kind: "channel" | "shard"): Reply {
  if (args.length > 3) throw errors.unknownSubcommandOrArity("PUBSUB", argument(args, 1));
  const [, , pattern] = args;
  const matches = pattern === undefined ? () => true : globMatcher(bytesOf(pattern));
  return [...server.subscriptions.names(kind)].filter(matches).map(bufferOf);
}

/** Each channel of the request, followed by its number of subscribers. */
export function subscriberCounts({ args, server }: Call, kind: "channel" | "shard"): Reply {
  return args
    .slice(2)
    .flatMap((channel) => [channel, server.subscriptions.subscriberCount(kind, bytesOf(channel))]);
}
