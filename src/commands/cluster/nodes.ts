/** CLUSTER NODES: a line for each server, as the configuration file of a Redis Cluster has them. */
import type { Handler } from "../handler.ts";
import { nodeLines } from "./node-lines.ts";

export const clusterNodes = {
  name: "CLUSTER|NODES",
  run: (call) => {
    const text = [...nodeLines(call).values()].map((line) => `${line}\n`).join("");
    return { kind: "verbatim", format: "txt", text };
  },
} as const satisfies Handler;
