/** SM.RESET key: brings a machine back to its initial state; its reason and its expiry stay. */
import { bytesOf } from "../../base/bytes.ts";
import { reset } from "../../machines/driving.ts";
import { subjectOf } from "../../machines/subject.ts";
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { atMost, machineToMove, moveMachine, refusal } from "./map-machine.ts";

export const smReset = {
  name: "SM.RESET",
  run: (call) => {
    atMost(call, 2, "SM.RESET");
    const key = argument(call.args, 1);
    const found = machineToMove(call, key);
    if ("refused" in found) return refusal(call, key, found.refused);
    if (found.machine.definition !== undefined) {
      reset(call, subjectOf(call, bytesOf(key), found.record));
      return OK;
    }
    moveMachine(call, key, found, { to: found.machine.initial ?? "", reason: undefined, kind: "reset" });
    return OK;
  },
} as const satisfies Handler;
