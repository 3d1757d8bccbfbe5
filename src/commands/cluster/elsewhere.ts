import type { ClusterMember, ClusterPartition } from "../../cluster/view.ts";
import type { ServerContext } from "../server-context.ts";

/** A partition that another server holds, or none at the moment. */
export interface PartitionElsewhere extends Pick<ClusterPartition, "partition" | "firstSlot" | "lastSlot"> {
  readonly owner: ClusterMember | undefined;
}

/** The partitions of its cluster that a server does not hold, by their slots; undefined where there is one, or no cluster. */
export function partitionsElsewhere({
  cluster,
  partitions,
}: Pick<ServerContext, "cluster" | "partitions">): readonly PartitionElsewhere[] | undefined {
  if (cluster === undefined || cluster.partitions.length < 2) return undefined;
  return cluster.partitions
    .filter(({ partition }) => partitions.get(partition) === undefined)
    .map(({ partition, firstSlot, lastSlot }) => ({
      ...{ partition, firstSlot, lastSlot },
      owner: cluster.ownerOf(firstSlot),
    }));
}
