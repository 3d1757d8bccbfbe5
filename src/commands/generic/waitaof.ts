/**
 * WAITAOF numlocal numreplicas timeout: whether what was written is on this server's disk, and on how many replicas'.
 * With `appendfsync always` it is before any reply; otherwise it is brought there now. There are no replicas.
 */
import * as errors from "../../protocol/errors.ts";
import { argument, integer } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { flushStore } from "../server/flush-store.ts";
import { timeoutOf, waitInVain } from "./wait-for-acknowledgement.ts";

const LOCAL_MAX = 1n;

export const waitaof = {
  name: "WAITAOF",
  run: (call) => {
    const local = integer(argument(call.args, 1));
    if (local < 0n || local > LOCAL_MAX) throw errors.notBetween(0n, LOCAL_MAX);
    const replicas = integer(argument(call.args, 2));
    if (replicas < 0n) throw errors.notPositive();
    const timeoutMs = timeoutOf(argument(call.args, 3));
    const isOnDisk = call.server.config.get("appendfsync") === "always";
    if (local > 0n && !isOnDisk) flushStore(call);
    return waitInVain(call, replicas === 0n, timeoutMs, [local > 0n || isOnDisk ? 1 : 0, 0]);
  },
} as const satisfies Handler;
