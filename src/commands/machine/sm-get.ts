/** SM.GET key [REASON]: a machine as JSON, or the reason of its last move; null for another word. */

import { documentOf, shownMap } from "../../machines/machine-document.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { atMost, capitals, isModuleMode, machineAt, word } from "./map-machine.ts";

export const smGet = {
  name: "SM.GET",
  run: (call) => {
    atMost(call, 3, "SM.GET");
    const found = machineAt(call, argument(call.args, 1));
    if (found === undefined) return null;
    const { machine } = found;
    const field = call.args[2];
    const reason = machine.reason ?? (isModuleMode(call) ? "" : undefined);
    if (field === undefined) return documentOf(machine, shownMap(call, machine), reason);
    return capitals(field) === "REASON" ? word(call, reason ?? "") : null;
  },
} as const satisfies Handler;
