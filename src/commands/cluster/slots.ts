/** CLUSTER SLOTS: the ranges of slots, each with its owner and the servers that may take over. */
import type { ClusterMember } from "../../cluster/view.ts";
import { map } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { clusterOf, portFor, shardsOf } from "./topology.ts";

export const clusterSlots = {
  name: "CLUSTER|SLOTS",
  run: (call) => {
    const node = (member: ClusterMember) => [member.host, portFor(call.session, member), member.id, map([])];
    return shardsOf(clusterOf(call)).map(({ partition, master, replicas }) => [
      partition.firstSlot,
      partition.lastSlot,
      node(master),
      ...replicas.filter(({ isAlive }) => isAlive).map(node),
    ]);
  },
} as const satisfies Handler;
