/** The lines that CLUSTER NODES and CLUSTER REPLICAS print of the servers of a cluster. */
import type { ClusterMember, ClusterPartition } from "../../cluster/view.ts";
import type { Call } from "../handler.ts";
import { clusterOf, portFor, shardsOf } from "./topology.ts";

/** A line for each member, by id; members talk to each other through the database, so there is no port for that. */
export function nodeLines(call: Call): ReadonlyMap<string, string> {
  const cluster = clusterOf(call);
  const shards = shardsOf(cluster);
  const line = (member: ClusterMember): string => {
    const { id, host, isAlive } = member;
    const owned = shards.filter(({ master }) => master === member);
    const isMaster = owned.length > 0;
    const masterId = isMaster ? "-" : (shards[0]?.master.id ?? "-");
    const flags = [
      ...(id === cluster.ownId ? ["myself"] : []),
      isMaster ? "master" : "slave",
      ...(isAlive ? [] : ["fail"]),
    ];
    const epoch = owned.reduce((highest, { partition }) => Math.max(highest, partition.epoch), 0);
    const slots = joined(owned.map(({ partition }) => partition));
    const address = `${host}:${portFor(call.session, member)}@0`;
    const link = isAlive ? "connected" : "disconnected";
    return `${id} ${address} ${flags.join(",")} ${masterId} 0 0 ${epoch} ${link}${slots}`;
  };
  return new Map(cluster.members.map((member) => [member.id, line(member)]));
}

/** The ranges of slots of a member, those that follow each other as one. */
function joined(partitions: readonly ClusterPartition[]): string {
  const ranges: { readonly firstSlot: number; lastSlot: number }[] = [];
  for (const { firstSlot, lastSlot } of partitions) {
    const last = ranges.at(-1);
    if (last !== undefined && last.lastSlot + 1 === firstSlot) last.lastSlot = lastSlot;
    else ranges.push({ firstSlot, lastSlot });
  }
  return ranges
    .map(({ firstSlot, lastSlot }) => ` ${firstSlot === lastSlot ? firstSlot : `${firstSlot}-${lastSlot}`}`)
    .join("");
}
