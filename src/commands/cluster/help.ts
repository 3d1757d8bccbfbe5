/** CLUSTER HELP: describes the CLUSTER commands. */
import { containerHelp } from "../../catalogue/help.ts";
import type { Handler } from "../handler.ts";
import { clusterOf } from "./topology.ts";

export const clusterHelp = {
  name: "CLUSTER|HELP",
  run: (call) => {
    clusterOf(call);
    return containerHelp(call.server.catalogue, "cluster");
  },
} as const satisfies Handler;
