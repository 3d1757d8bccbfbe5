import { describeAgainstRedis } from "./differential.ts";

describeAgainstRedis("commands of a cluster, on a server that is part of none", {
  "are refused alike": `
    !CLUSTER
    !CLUSTER INFO
    !CLUSTER SLOTS
    !CLUSTER SHARDS
    !CLUSTER NODES
    !CLUSTER MYID
    !CLUSTER HELP
    !CLUSTER KEYSLOT key
    !CLUSTER KEYSLOT
    !CLUSTER COUNTKEYSINSLOT 1
    !CLUSTER GETKEYSINSLOT 1 1
    !CLUSTER ADDSLOTS
    !CLUSTER ADDSLOTS 1
    !CLUSTER MEET host 1
    !CLUSTER RESET
    !CLUSTER NOSUCH
    !READONLY
    !READONLY x
    !READWRITE
    !ASKING
  `,
});
