/** The commands that change a Redis Cluster: who its members are, and which slots each owns, is for the database to say. */
import * as errors from "../../protocol/errors.ts";
import type { Handler } from "../handler.ts";
import { clusterOf } from "./topology.ts";

const REFUSED = [
  "ADDSLOTS",
  "ADDSLOTSRANGE",
  "BUMPEPOCH",
  "DELSLOTS",
  "DELSLOTSRANGE",
  "FLUSHSLOTS",
  "FORGET",
  "MEET",
  "REPLICATE",
  "RESET",
  "SAVECONFIG",
  "SET-CONFIG-EPOCH",
  "SETSLOT",
];

/** Answered with an error whoever asks, in a cluster or not. */
export const REFUSED_HANDLERS: readonly Handler[] = [
  ...REFUSED.map(
    (name): Handler => ({
      name: `CLUSTER|${name}`,
      run: (call) => {
        clusterOf(call);
        throw errors.clusterIsInDatabase(name);
      },
    }),
  ),
  {
    name: "CLUSTER|FAILOVER",
    run: (call) => {
      clusterOf(call);
      throw errors.noManualFailover();
    },
  },
];
