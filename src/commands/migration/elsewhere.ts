/** Slots whose machines other servers of the cluster have: their numbers are not in a reply of this one. */
import { map, type Reply } from "../../protocol/reply.ts";
import { portFor } from "../cluster/topology.ts";
import type { Call } from "../handler.ts";

/** The field `slotsElsewhere`, where a cluster has several partitions; `address` is null while nobody owns the slots. */
export function elsewhereFields({ server, session }: Call): ReadonlyArray<readonly [string, Reply]> {
  const { cluster, partitions } = server;
  if (cluster === undefined || cluster.partitions.length < 2) return [];
  const elsewhere = cluster.partitions.filter(({ partition }) => partitions.get(partition) === undefined);
  const rows = elsewhere.map(({ firstSlot, lastSlot }) => {
    const owner = cluster.ownerOf(firstSlot);
    return map([
      ["first", firstSlot],
      ["last", lastSlot],
      ["address", owner === undefined ? null : `${owner.host}:${portFor(session, owner)}`],
    ]);
  });
  return [["slotsElsewhere", rows]];
}

/** Whether other servers may have machines that this one does not see. */
export function isElsewhere({ server: { cluster, partitions } }: Call): boolean {
  return cluster !== undefined && cluster.partitions.length > partitions.all.length;
}
