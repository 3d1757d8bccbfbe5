/** CLUSTER LINKS and COUNT-FAILURE-REPORTS: of connections between servers, of which there are none: they meet in the database. */
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { clusterOf } from "./topology.ts";

export const clusterLinks = {
  name: "CLUSTER|LINKS",
  run: (call) => {
    clusterOf(call);
    return [];
  },
} as const satisfies Handler;

export const clusterCountFailureReports = {
  name: "CLUSTER|COUNT-FAILURE-REPORTS",
  run: (call) => {
    const id = argument(call.args, 2);
    if (!clusterOf(call).members.some((member) => member.id === id.toString("latin1")))
      throw errors.unknownNode(id);
    return 0;
  },
} as const satisfies Handler;
