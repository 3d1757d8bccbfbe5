/** SM.CREATE key: stores a blank machine, replacing what is there as SET does. */
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { atMost, isModuleMode, refusalToReplace, storeMachine } from "./map-machine.ts";

export const smCreate = {
  name: "SM.CREATE",
  run: (call) => {
    atMost(call, 2, "SM.CREATE");
    const key = argument(call.args, 1);
    const refused = refusalToReplace(call, key);
    if (refused !== undefined) return refused;
    const reason = isModuleMode(call) ? "" : undefined;
    storeMachine(call, key, { map: [], initial: "", current: "", reason, kind: "create" });
    return OK;
  },
} as const satisfies Handler;
