/** WAIT numreplicas timeout: how many replicas have what this client wrote. There are none: 0, when the time is over. */
import { argument, integer } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { timeoutOf, waitInVain } from "./wait-for-acknowledgement.ts";

export const wait = {
  name: "WAIT",
  run: (call) => {
    const replicas = integer(argument(call.args, 1));
    const timeoutMs = timeoutOf(argument(call.args, 2));
    return waitInVain(call, replicas <= 0n, timeoutMs, 0);
  },
} as const satisfies Handler;
