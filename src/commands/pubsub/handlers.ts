/** The handlers of the pubsub group. */
import type { Handler } from "../handler.ts";
import { psubscribe } from "./psubscribe.ts";
import { publish } from "./publish.ts";
import { pubsubChannels } from "./pubsub-channels.ts";
import { pubsubHelp } from "./pubsub-help.ts";
import { pubsubNumpat } from "./pubsub-numpat.ts";
import { pubsubNumsub } from "./pubsub-numsub.ts";
import { pubsubShardchannels } from "./pubsub-shardchannels.ts";
import { pubsubShardnumsub } from "./pubsub-shardnumsub.ts";
import { punsubscribe } from "./punsubscribe.ts";
import { spublish } from "./spublish.ts";
import { ssubscribe } from "./ssubscribe.ts";
import { subscribe } from "./subscribe.ts";
import { sunsubscribe } from "./sunsubscribe.ts";
import { unsubscribe } from "./unsubscribe.ts";

export const PUBSUB_HANDLERS: readonly Handler[] = [
  psubscribe,
  publish,
  pubsubChannels,
  pubsubHelp,
  pubsubNumpat,
  pubsubNumsub,
  pubsubShardchannels,
  pubsubShardnumsub,
  punsubscribe,
  spublish,
  ssubscribe,
  subscribe,
  sunsubscribe,
  unsubscribe,
];
