/** CLUSTER MYID and MYSHARDID: how this server, and its shard, are called. */
import type { Handler } from "../handler.ts";
import { clusterOf, shardId } from "./topology.ts";

export const clusterMyid = {
  name: "CLUSTER|MYID",
  run: (call) => clusterOf(call).ownId,
} as const satisfies Handler;

export const clusterMyshardid = {
  name: "CLUSTER|MYSHARDID",
  run: (call) => {
    const { ownId, partitions } = clusterOf(call);
    const own = partitions.find(({ ownerId }) => ownerId === ownId) ?? partitions[0];
    return own === undefined ? "" : shardId(own);
  },
} as const satisfies Handler;
