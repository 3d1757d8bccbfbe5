/** CLUSTER SHARDS: the shards, each with its slots and its servers, also those that do not show themselves. */
import type { ClusterMember } from "../../cluster/view.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { clusterOf, type Role, shardsOf } from "./topology.ts";

export const clusterShards = {
  name: "CLUSTER|SHARDS",
  run: (call) =>
    shardsOf(clusterOf(call)).map(({ partition, master, replicas }) =>
      map([
        ["slots", [partition.firstSlot, partition.lastSlot]],
        ["nodes", [node(master, "master"), ...replicas.map((replica) => node(replica, "replica"))]],
      ]),
    ),
} as const satisfies Handler;

function node({ id, host, port, tlsPort, isAlive }: ClusterMember, role: Role): Reply {
  return map([
    ["id", id],
    ...(port === 0 ? [] : ([["port", port]] as const)),
    ...(tlsPort === 0 ? [] : ([["tls-port", tlsPort]] as const)),
    ["ip", host],
    ["endpoint", host],
    ["role", role],
    ["replication-offset", 0],
    ["health", isAlive ? "online" : "fail"],
  ]);
}
