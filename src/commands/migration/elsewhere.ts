/** Slots whose machines other servers of the cluster have: their numbers are not in a reply of this one. */
import { map, type Reply } from "../../protocol/reply.ts";
import { partitionsElsewhere } from "../cluster/elsewhere.ts";
import { portFor } from "../cluster/topology.ts";
import type { Call } from "../handler.ts";

/** The field `slotsElsewhere`, where a cluster has several partitions; `address` is null while nobody owns the slots. */
export function elsewhereFields({ server, session }: Call): ReadonlyArray<readonly [string, Reply]> {
  const rows = partitionsElsewhere(server)?.map(({ firstSlot, lastSlot, owner }) =>
    map([
      ["first", firstSlot],
      ["last", lastSlot],
      ["address", owner === undefined ? null : `${owner.host}:${portFor(session, owner)}`],
    ]),
  );
  return rows === undefined ? [] : [["slotsElsewhere", rows]];
}

/** Whether other servers may have machines that this one does not see. */
export function isElsewhere({ server }: Call): boolean {
  return (partitionsElsewhere(server)?.length ?? 0) > 0;
}
