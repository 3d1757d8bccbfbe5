/**
 * READONLY, READWRITE and ASKING: what clients say before they read from a replica, or follow a redirection for one
 * request. A replica holds no copy here: it sends who reads from it to the owner by ASK, which answers as ever.
 */
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { clusterOf } from "./topology.ts";

export const readonly = {
  name: "READONLY",
  run: (call) => {
    clusterOf(call);
    call.session.isReplicaReader = true;
    return OK;
  },
} as const satisfies Handler;

export const readwrite = {
  name: "READWRITE",
  run: (call) => {
    clusterOf(call);
    call.session.isReplicaReader = false;
    return OK;
  },
} as const satisfies Handler;

export const asking = {
  name: "ASKING",
  run: (call) => {
    clusterOf(call);
    return OK;
  },
} as const satisfies Handler;
