import type { ClusterMember, ClusterPartition } from "../../cluster/view.ts";
import type { ServerContext } from "../server-context.ts";

/** A partition, and the server that holds it, or none at the moment. */
export interface OwnedPartition extends Pick<ClusterPartition, "partition" | "firstSlot" | "lastSlot"> {
  readonly owner: ClusterMember | undefined;
}

/** The partitions of a server's cluster, by their slots; undefined where there is one, or no cluster. */
export function ownedPartitions({
  cluster,
}: Pick<ServerContext, "cluster">): readonly OwnedPartition[] | undefined {
  if (cluster === undefined || cluster.partitions.length < 2) return undefined;
  return cluster.partitions.map(({ partition, firstSlot, lastSlot }) => ({
    ...{ partition, firstSlot, lastSlot },
    owner: cluster.ownerOf(firstSlot),
  }));
}

/** Those of them that it does not hold. */
export function partitionsElsewhere(
  server: Pick<ServerContext, "cluster" | "partitions">,
): readonly OwnedPartition[] | undefined {
  return ownedPartitions(server)?.filter(({ partition }) => server.partitions.get(partition) === undefined);
}
