/**
 * The cluster as clients of a Redis Cluster read it. A partition is a shard: its owner is the master, servers that own
 * nothing are replicas. They hold no copy, but clients keep replicas in their list of servers, and so they
 * still reach the cluster when the owner is gone; a server without slots that is no replica they do not keep.
 */
import { createHash } from "node:crypto";
import type { Session } from "../../clients/session.ts";
import type { ClusterMember, ClusterPartition, ClusterView } from "../../cluster/view.ts";
import * as errors from "../../protocol/errors.ts";
import type { Call } from "../handler.ts";

export interface Shard {
  readonly partition: ClusterPartition;
  readonly master: ClusterMember;
  readonly replicas: readonly ClusterMember[];
}

/** @throws ReplyError where the server is part of no cluster */
export function clusterOf({ server: { cluster } }: Call): ClusterView {
  if (cluster === undefined) throw errors.noCluster();
  return cluster;
}

/**
 * The shards by slots. While nobody owns one, the first server that is alive is named as its master: a client that knows no
 * server for a slot gives up, one that asks this server reads that the slot is not served, and tries again.
 */
export function shardsOf({ members, ownId, partitions }: ClusterView): readonly Shard[] {
  const deputy = members.find(({ isAlive }) => isAlive) ?? members.find(({ id }) => id === ownId);
  const masterOf = ({ ownerId }: ClusterPartition) => members.find(({ id }) => id === ownerId) ?? deputy;
  const masters = new Set(partitions.map(masterOf));
  // A server has one role in all shards: clients keep one of each.
  const replicas = members.filter((member) => !masters.has(member));
  return partitions.flatMap((partition) => {
    const master = masterOf(partition);
    return master === undefined ? [] : [{ partition, master, replicas }];
  });
}

export type Role = "master" | "replica";

/** The part that the server plays itself. */
export function ownRole({ ownId, partitions }: ClusterView): Role {
  return partitions.some(({ ownerId }) => ownerId === ownId) ? "master" : "replica";
}

/** The owner that a server without slots is a replica of; undefined while there is none. */
export function ownMaster(cluster: ClusterView): ClusterMember | undefined {
  const [first] = cluster.partitions;
  return first === undefined ? undefined : cluster.ownerOf(first.firstSlot);
}

/** The port that clients of this kind reach a member at; the only one it has, where it has but one. */
export function portFor({ isSecure }: Pick<Session, "isSecure">, { port, tlsPort }: ClusterMember): number {
  return isSecure ? tlsPort || port : port || tlsPort;
}

/** 40 hexadecimal digits that all servers of a shard agree on. */
export function shardId({ partition }: ClusterPartition): string {
  return createHash("sha1").update(`partition ${partition}`).digest("hex");
}
