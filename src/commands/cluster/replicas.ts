/** CLUSTER REPLICAS node-id: the lines of CLUSTER NODES of the servers that may take over from an owner. */
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { nodeLines } from "./node-lines.ts";
import { clusterOf, shardsOf } from "./topology.ts";

export const clusterReplicas = {
  name: "CLUSTER|REPLICAS",
  run: replicaLines,
} as const satisfies Handler;

/** The older name. */
export const clusterSlaves = {
  name: "CLUSTER|SLAVES",
  run: replicaLines,
} as const satisfies Handler;

function replicaLines(call: Call): Reply {
  const cluster = clusterOf(call);
  const id = argument(call.args, 2);
  const known = id.toString("latin1");
  if (!cluster.members.some((member) => member.id === known)) throw errors.unknownNode(id);
  const shards = shardsOf(cluster).filter(({ master }) => master.id === known);
  if (shards.length === 0) throw errors.notAMaster();
  const lines = nodeLines(call);
  return [...new Set(shards.flatMap(({ replicas }) => replicas))].flatMap(
    (replica) => lines.get(replica.id) ?? [],
  );
}
