/** ROLE: the part the server plays: a master, or in a cluster a standby, which clients know as a replica. */
import { ownMaster, ownRole, portFor } from "../cluster/topology.ts";
import type { Handler } from "../handler.ts";

export const role = {
  name: "ROLE",
  run: ({ server: { cluster }, session }) => {
    if (cluster === undefined || ownRole(cluster) === "master") return ["master", 0, []];
    const master = ownMaster(cluster);
    if (master === undefined) return ["slave", "", 0, "connect", -1];
    return ["slave", master.host, portFor(session, master), "connected", 0];
  },
} as const satisfies Handler;
