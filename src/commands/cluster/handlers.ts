/**
 * The commands of a cluster, which there is none of: all are refused as a Redis server refuses them that is not part of one,
 * by which clients know that they talk to a single server.
 */
import * as errors from "../../protocol/errors.ts";
import type { Handler } from "../handler.ts";

const SUBCOMMANDS = [
  "ADDSLOTS",
  "ADDSLOTSRANGE",
  "BUMPEPOCH",
  "COUNT-FAILURE-REPORTS",
  "COUNTKEYSINSLOT",
  "DELSLOTS",
  "DELSLOTSRANGE",
  "FAILOVER",
  "FLUSHSLOTS",
  "FORGET",
  "GETKEYSINSLOT",
  "HELP",
  "INFO",
  "KEYSLOT",
  "LINKS",
  "MEET",
  "MYID",
  "NODES",
  "REPLICAS",
  "REPLICATE",
  "RESET",
  "SAVECONFIG",
  "SET-CONFIG-EPOCH",
  "SETSLOT",
  "SHARDS",
  "SLAVES",
  "SLOTS",
];

export const CLUSTER_HANDLERS: readonly Handler[] = [
  ...SUBCOMMANDS.map((name) => `CLUSTER|${name}`),
  "ASKING",
  "READONLY",
  "READWRITE",
].map((name) => ({ name, run: refuse }));

function refuse(): never {
  throw errors.noCluster();
}
