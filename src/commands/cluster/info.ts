/** CLUSTER INFO: the state of the cluster as this server sees it. */
import type { Handler } from "../handler.ts";
import { clusterOf } from "./topology.ts";

export const clusterInfo = {
  name: "CLUSTER|INFO",
  run: (call) => {
    const { epoch, members, ownId, partitions } = clusterOf(call);
    const assigned = partitions.reduce((sum, { firstSlot, lastSlot }) => sum + lastSlot - firstSlot + 1, 0);
    const owned = partitions.filter(({ ownerId }) => ownerId !== undefined);
    const served = owned.reduce((sum, { firstSlot, lastSlot }) => sum + lastSlot - firstSlot + 1, 0);
    const ownEpochs = partitions.filter(({ ownerId }) => ownerId === ownId).map((own) => own.epoch);
    const lines = [
      `cluster_state:${partitions.length > 0 && owned.length === partitions.length ? "ok" : "fail"}`,
      `cluster_slots_assigned:${assigned}`,
      `cluster_slots_ok:${served}`,
      "cluster_slots_pfail:0",
      `cluster_slots_fail:${assigned - served}`,
      `cluster_known_nodes:${members.length}`,
      `cluster_size:${new Set(owned.map(({ ownerId }) => ownerId)).size}`,
      `cluster_current_epoch:${epoch}`,
      `cluster_my_epoch:${ownEpochs.reduce((highest, each) => Math.max(highest, each), 0)}`,
      "cluster_stats_messages_sent:0",
      "cluster_stats_messages_received:0",
      "total_cluster_links_buffer_limit_exceeded:0",
    ];
    return { kind: "verbatim", format: "txt", text: lines.map((line) => `${line}\r\n`).join("") };
  },
} as const satisfies Handler;
