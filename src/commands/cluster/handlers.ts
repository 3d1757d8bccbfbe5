/** The handlers of the cluster group. A server that is part of no cluster refuses them all, as a Redis server does. */
import type { Handler } from "../handler.ts";
import { clusterHelp } from "./help.ts";
import { clusterMyid, clusterMyshardid } from "./ids.ts";
import { clusterInfo } from "./info.ts";
import { clusterCountFailureReports, clusterLinks } from "./links.ts";
import { clusterNodes } from "./nodes.ts";
import { REFUSED_HANDLERS } from "./refused.ts";
import { asking, readonly, readwrite } from "./replica-reads.ts";
import { clusterReplicas, clusterSlaves } from "./replicas.ts";
import { clusterShards } from "./shards.ts";
import { clusterCountkeysinslot, clusterGetkeysinslot, clusterKeyslot } from "./slot-keys.ts";
import { clusterSlots } from "./slots.ts";

export const CLUSTER_HANDLERS: readonly Handler[] = [
  asking,
  clusterCountFailureReports,
  clusterCountkeysinslot,
  clusterGetkeysinslot,
  clusterHelp,
  clusterInfo,
  clusterKeyslot,
  clusterLinks,
  clusterMyid,
  clusterMyshardid,
  clusterNodes,
  clusterReplicas,
  clusterShards,
  clusterSlaves,
  clusterSlots,
  readonly,
  readwrite,
  ...REFUSED_HANDLERS,
];
